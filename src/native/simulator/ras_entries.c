/* Entries of phone books, and the devices that they use. */

#include "forms.h"

DWORD APIENTRY RasDeleteEntryW(LPCWSTR a, LPCWSTR b) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasDeleteEntry, 0, 0);

    (void)a, (void)b;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasDeleteSubEntryW(LPCWSTR a, LPCWSTR b, DWORD c) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasDeleteSubEntry, 0, 0);

    (void)a, (void)b, (void)c;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasEnumDevicesW(LPRASDEVINFOW a, LPDWORD b, LPDWORD c) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasEnumDevices, 0, 0);

    (void)a, (void)b, (void)c;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasGetEntryPropertiesW(LPCWSTR a, LPCWSTR b, LPRASENTRYW c, LPDWORD d, BYTE *e, LPDWORD f) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetEntryProperties, 0, 0);

    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasGetSubEntryPropertiesW(LPCWSTR a, LPCWSTR b, DWORD c, LPRASSUBENTRYW d, LPDWORD e, BYTE *f,
                                         LPDWORD g) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasGetSubEntryProperties, 0, 0);

    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasRenameEntryW(LPCWSTR a, LPCWSTR b, LPCWSTR c) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasRenameEntry, 0, 0);

    (void)a, (void)b, (void)c;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasSetEntryPropertiesW(LPCWSTR a, LPCWSTR b, LPRASENTRYW c, DWORD d, BYTE *e, DWORD f) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasSetEntryProperties, 0, 0);

    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasSetSubEntryPropertiesW(LPCWSTR a, LPCWSTR b, DWORD c, LPRASSUBENTRYW d, DWORD e, BYTE *f, DWORD g) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasSetSubEntryProperties, 0, 0);

    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

DWORD APIENTRY RasValidateEntryNameW(LPCWSTR a, LPCWSTR b) {
    service_call call;
    DWORD code = service_enter(&call, FUNCTION_RasValidateEntryName, 0, 0);

    (void)a, (void)b;
    return service_leave(&call, code ? code : (DWORD)ERROR_CALL_NOT_IMPLEMENTED);
}

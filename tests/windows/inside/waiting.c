/* A program that waits for the event object of RasConnectionNotification, and says after each signal which connections
 * there are: "up: A B", or the error. It shares nothing with winras but rasapi32.dll. */

#include <stdio.h>

#include <windows.h>

#include <ras.h>

#define MOST 64

static DWORD print_connections(void) {
    static RASCONNW connections[MOST];
    DWORD size = sizeof(connections), count = 0, code;

    connections[0].dwSize = sizeof(connections[0]);
    code = RasEnumConnectionsW(connections, &size, &count);
    if (code == ERROR_SUCCESS) {
        printf("up:");
        for (DWORD i = 0; i < count; i++) {
            printf(" %ls", connections[i].szEntryName);
        }
        printf("\n");
        fflush(stdout);
    }
    return code;
}

int main(void) {
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    DWORD code = RasConnectionNotificationW(INVALID_HANDLE_VALUE, event, RASCN_Connection | RASCN_Disconnection);

    while (code == ERROR_SUCCESS) {
        code = print_connections();
        if (code == ERROR_SUCCESS && WaitForSingleObject(event, INFINITE) != WAIT_OBJECT_0) {
            code = GetLastError();
        }
    }
    printf("error: %lu\n", (unsigned long)code);
    return 1;
}

/* A client of the simulated service: how its calls come there. */

#include "state.h"

DWORD ask_service(enum service_request request, void *asked) {
    BOOL performed;

    return perform(OWN_CLIENT, request, asked, &performed);
}

/* The RAS error numbers that Microsoft's raserror.h has for Windows 10: made from the one list, errors.h. */
#ifndef WINRAS_RASERROR_H
#define WINRAS_RASERROR_H

#include "../errors.h"

#define RASBASE WINRAS_FIRST_RAS_ERROR
#define RASBASEEND WINRAS_LAST_RAS_ERROR
#define SUCCESS 0

#define WINRAS_ENUMERATOR(name, code, text) name = code,
enum { RAS_ERRORS(WINRAS_ENUMERATOR, WINRAS_NOTHING) WINRAS_RASERROR_LAST = RASBASEEND };
#undef WINRAS_ENUMERATOR

#endif

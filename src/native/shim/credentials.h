/* What is saved for an entry. */
#ifndef WINRAS_CREDENTIALS_H
#define WINRAS_CREDENTIALS_H

#include "calls.h"

/* Puts the credentials that are saved for the entry of `params` there: user name, domain, and the handle that stands
 * for the password. ERROR_NOT_FOUND: there are none, and `params` stays as it is. */
uint32_t credentials_use_saved(const rasapi *table, LPCWSTR phonebook, RASDIALPARAMSW *params);

#endif

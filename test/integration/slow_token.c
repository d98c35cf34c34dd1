/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * slow_token: a PKCS #11 module that is SoftHSM in everything but the time that
 * a signature takes: SLOW_TOKEN_MS milliseconds more, 50 where that is not set.
 */
#include <config.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#include <p11-kit/pkcs11.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST functions; /* SoftHSM's, with another C_Sign */
static CK_C_Sign real_sign;

static CK_RV
slow_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len,
    CK_BYTE_PTR signature, CK_ULONG_PTR signature_len)
{
	const char *text = getenv("SLOW_TOKEN_MS");
	long ms = text == NULL ? 50 : atol(text);
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	/* Not for the question how long the signature will be. */
	if (signature != NULL)
		(void)nanosleep(&pause, NULL);
	return real_sign(session, data, data_len, signature, signature_len);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	CK_FUNCTION_LIST_PTR real;
	CK_C_GetFunctionList get;
	void *module;
	CK_RV rv;

	if ((module = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL)
		return CKR_GENERAL_ERROR;
	if ((rv = get(&real)) != CKR_OK)
		return rv;
	functions = *real;
	real_sign = real->C_Sign;
	functions.C_Sign = slow_sign;
	*list = &functions;
	return CKR_OK;
}

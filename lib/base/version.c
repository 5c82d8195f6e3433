/* SPDX-License-Identifier: MIT */
#include "base/version.h"

/* VERSION changes with each commit: nothing else may be made with it. */
const char version_line[] = VERSION;

/* SPDX-License-Identifier: BSD-3-Clause */
/* The sections of the page, in its order. */
#include "src/page/page.h"

sq_section *const sq_sections[] = {sq_section_families,   sq_section_ensembles, sq_section_weights,
                                   sq_section_likelihood, sq_section_quantum,   NULL};

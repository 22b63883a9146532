/* SPDX-License-Identifier: BSD-3-Clause */
/* The section of the page about weights of models that know the density of any field. */
#include "src/ensemble/partition.h"
#include "src/page/page.h"
#include <math.h>
#include <string.h>

static PetscErrorCode add_number(const char *name, const sq_estimate *x, sq_text *page)
{
  PetscFunctionBeginUser;
  char text[64];
  sq_value_text(x, text, sizeof text);
  PetscCall(sq_text_add(page, "<tr><td>%s</td><td>%s</td></tr>\n", name, text));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_forward(const sq_forward *f, sq_text *page)
{
  PetscFunctionBeginUser;
  PetscCall(add_number("log Z, with Monte Carlo fields beside them", &f->bridge, page));
  PetscCall(add_number("effective sample size on Monte Carlo fields", &f->ess, page));
  PetscCall(add_number("log Z at most: &lt;log w&gt; of Monte Carlo fields", &f->upper, page));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_section_weights(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  for (int i = 0; i < r->ensembles; i++) {
    const sq_ensemble *e = &r->ensemble[i];
    if (!e->log_weight || !e->partition) continue;
    const sq_estimate log_Z = sq_weights_log_Z(&e->weights), ess = sq_weights_ess(&e->weights);
    PetscCall(sq_text_add(page, "<h2>Weights of %s</h2>\n<table class=\"words\">\n", e->name));
    PetscCall(add_number("effective sample size", &ess, page));
    PetscCall(add_number("log Z", &log_Z, page));
    PetscCall(add_number("log Z at least: &lt;log w&gt;", &e->partition->lower, page));
    PetscCall(add_number("entropy a site", &e->partition->entropy, page));
    if (e->partition->forward.n) PetscCall(add_forward(&e->partition->forward, page));
    if (!isnan(r->log_Z) && !memcmp(e->extent, r->run->padded, sizeof e->extent))
      PetscCall(sq_text_add(page, "<tr><td>log Z, exact</td><td>%.10g</td></tr>\n", r->log_Z));
    PetscCall(sq_text_add(page, "</table>\n"));
  }
  PetscFunctionReturn(0);
}

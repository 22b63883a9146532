/* SPDX-License-Identifier: BSD-3-Clause */
/* facts: the list of what is known. */
#include "squall/known.h"
#include <math.h>
#include <string.h>

double sq_facts_find(const sq_facts *facts, const char *name)
{
  for (int i = 0; i < facts->count; i++)
    if (!strcmp(facts->fact[i].name, name)) return facts->fact[i].value;
  return NAN;
}

void sq_facts_add(sq_facts *facts, const char *name, double value)
{
  if (!isfinite(value) || facts->count == SQ_FACTS) return;
  if (!isnan(sq_facts_find(facts, name))) return;
  snprintf(facts->fact[facts->count].name, sizeof facts->fact->name, "%s", name);
  facts->fact[facts->count++].value = value;
}

double sq_facts_value(const sq_facts *facts, const char *key, double otherwise)
{
  const sq_param *p = facts->action.type->params;
  for (int i = 0; p[i].key; i++)
    if (!strcmp(p[i].key, key)) return facts->action.value[i];
  return otherwise;
}

void sq_facts_add_order(sq_facts *facts, double abs_M, double M2, double M4)
{
  sq_facts_add(facts, "M", 0);
  sq_facts_add(facts, "abs_M", abs_M);
  sq_facts_add(facts, "M2", M2);
  sq_facts_add(facts, "M4", M4);
  sq_facts_add(facts, "chi2", facts->sites * M2);
  sq_facts_add(facts, "chi_abs", facts->sites * (M2 - abs_M * abs_M));
  sq_facts_add(facts, "U_L", 1 - M4 / (3 * M2 * M2));
}

void sq_facts_add_propagator(sq_facts *facts, double G_0, double G_pmin)
{
  if (facts->extent[0] == 1) return;
  sq_facts_add(facts, "G_pmin", G_pmin);
  sq_facts_add(facts, "xi", sqrt(G_0 / G_pmin - 1) / (2 * sin(PETSC_PI / (double)facts->extent[0])));
}

int sq_facts_wide(const sq_facts *facts)
{
  int wide = 0;
  for (int mu = 0; mu < facts->dim; mu++) wide += facts->extent[mu] > 1;
  return wide;
}

double sq_facts_slice(const sq_facts *facts, int *longest)
{
  *longest = 0;
  for (int mu = 1; mu < facts->dim; mu++)
    if (facts->extent[mu] > facts->extent[*longest]) *longest = mu;
  return facts->sites / (double)facts->extent[*longest];
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* G(p) and C(t) of every group of fields, of the vector of their order parameter: part of the stage measure ->
 * measure_spectra.csv, measure_correlator.csv. */
#include "src/measure/gather.h"
#include <math.h>

static const sq_column spectra_columns[] = {{"ensemble", "%s"}, {"phat2", "%.10g"}, {"multiplicity", "%.0f"},
                                            {"G", "%.10g"},     {"error", "%.4g"},  {0}};
static const sq_column correlator_columns[] = {
  {"ensemble", "%s"}, {"t", "%.0f"}, {"C", "%.10g"}, {"error", "%.4g"}, {"mass", "%.8g"}, {"mass_error", "%.4g"}, {0}};

typedef struct {
  sq_run *run;
  sq_group group;
  sq_spectra *spectra;
  sq_action action; /* of the group */
  double *vector;   /* [orders][local_volume] */
  sq_table G, C;
} gathering;

static PetscErrorCode create(sq_run *run, void **self)
{
  PetscFunctionBeginUser;
  gathering *g;
  PetscCall(sq_alloc(1, &g));
  g->run = run;
  PetscCall(sq_table_begin(spectra_columns, &g->G));
  PetscCall(sq_table_begin(correlator_columns, &g->C));
  *self = g;
  PetscFunctionReturn(0);
}

static PetscErrorCode begin(void *self, const sq_group *group, bool *wanted)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  double *chain = NULL;
  g->group = *group;
  if (!sq_action_read(sq_records_about(group->records)->action, group->lattice->dim, &g->action))
    g->action = g->run->action;
  *wanted = sq_obs_column(g->action.type, "M") >= 0 && !g->action.type->complexified; /* no propagator of fluxes, links,
                                                                                           both parts */
  if (!*wanted) PetscFunctionReturn(0);
  PetscCall(sq_records_find_column(group->records, group->index, "chain", &chain));
  PetscCall(sq_spectra_create(group->lattice, sq_action_orders(&g->action), group->about->count, chain, g->run->bins,
                              &g->spectra));
  PetscCall(sq_alloc(sq_action_orders(&g->action) * group->lattice->local_volume, &g->vector));
  sq_free(&chain);
  PetscFunctionReturn(0);
}

static PetscErrorCode add(void *self, int64_t record, const double *block)
{
  gathering *g = self;
  return sq_spectra_add(g->spectra, record,
                        sq_action_order(&g->action, g->group.lattice->local_volume, block, g->vector));
}

static PetscErrorCode add_correlator(sq_table *C, const char *name, const sq_spectra *spectra)
{
  PetscFunctionBeginUser;
  double *mass, *error;
  PetscCall(sq_alloc(spectra->slices, &mass));
  PetscCall(sq_alloc(spectra->slices, &error));
  PetscCall(sq_spectra_masses(spectra, mass, error));
  for (int64_t t = 0; t < spectra->slices; t++)
    PetscCall(sq_table_add(C, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("t", t), SQ_CELL("C", spectra->correlator[t]),
                                     SQ_CELL("error", spectra->correlator_error[t]), SQ_CELL("mass", mass[t]),
                                     SQ_CELL("mass_error", error[t]))));
  sq_free(&mass);
  sq_free(&error);
  PetscFunctionReturn(0);
}

/* The rows chi2_fit and xi_fit, where there is a fit; not numbers where the lattice is too small for them. */
static PetscErrorCode add_propagator(sq_table *b, const char *ensemble, const sq_spectra *spectra)
{
  PetscFunctionBeginUser;
  sq_propagator fit;
  PetscCall(sq_spectra_fit(spectra, &fit));
  if (isnan(fit.width)) PetscFunctionReturn(0);
  if (fit.width < SQ_XI_WIDTH)
    sq_info("%s: chi2_fit and xi_fit are not known: the lattice is %.2g xi_fit wide, they need %d", ensemble, fit.width,
            SQ_XI_WIDTH);
  PetscCall(sq_measure_row(b, ensemble, "chi2_fit", &fit.chi2));
  PetscCall(sq_measure_row(b, ensemble, "xi_fit", &fit.xi));
  PetscFunctionReturn(0);
}

static PetscErrorCode end(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  const sq_spectra *spectra = g->spectra;
  const char *name = g->group.about->name;
  PetscCall(sq_spectra_finish(g->spectra, g->group.grid->across));
  const sq_orbits *orbits = &spectra->fft->orbits;
  for (int64_t o = 0; o < orbits->count; o++)
    PetscCall(sq_table_add(&g->G, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("phat2", orbits->phat2[o]),
                                         SQ_CELL("multiplicity", orbits->multiplicity[o]),
                                         SQ_CELL("G", spectra->power[o]), SQ_CELL("error", spectra->power_error[o]))));
  PetscCall(add_correlator(&g->C, name, spectra));
  PetscCall(add_propagator(measure, name, spectra));
  PetscCall(sq_spectra_destroy(&g->spectra));
  sq_free(&g->vector);
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  (void)measure;
  PetscCall(sq_run_write(g->run, "measure_spectra.csv", &g->G.text));
  PetscCall(sq_run_write(g->run, "measure_correlator.csv", &g->C.text));
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  sq_free(self);
  PetscFunctionReturn(0);
}

const sq_gatherer sq_gather_spectra = {create, begin, add, end, finish, destroy};

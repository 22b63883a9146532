/* SPDX-License-Identifier: BSD-3-Clause */
/* How many particles there are: the distribution of the column winding of fluxes -> windings.csv. Fluxes with a
 * divergence have no whole number: it is rounded. */
#include "src/measure/gather.h"
#include <math.h>

enum { MOST = 200 }; /* rows of an ensemble: beyond that several numbers share a row */

static const sq_column columns[] = {{"ensemble", "%s"},      {"winding", "%.10g"}, {"width", "%.0f"},
                                    {"probability", "%.8g"}, {"error", "%.4g"},    {0}};

typedef struct {
  sq_run *run;
  sq_table table;
  bool any;
} gathering;

static PetscErrorCode create(sq_run *run, void **self)
{
  PetscFunctionBeginUser;
  gathering *g;
  PetscCall(sq_alloc(1, &g));
  g->run = run;
  PetscCall(sq_table_begin(columns, &g->table));
  *self = g;
  PetscFunctionReturn(0);
}

/* One row: windings from w on, width of them. x is of sorted chains, whole numbers; inside: scratch of as many. */
static PetscErrorCode add_row(gathering *g, const char *name, const sq_chains *chains, const double *x, double w,
                              double width, double *inside)
{
  PetscFunctionBeginUser;
  sq_estimate e;
  const double *const column[] = {inside};
  const sq_series series = {.n = chains->n, .column = column, .chains = chains->chains, .length = chains->length};
  for (int64_t i = 0; i < chains->n; i++) inside[i] = x[i] >= w && x[i] < w + width;
  PetscCall(sq_gamma(&series, NULL, &e));
  PetscCall(sq_table_add(&g->table, SQ_ROW(SQ_CELL("ensemble", name), SQ_CELL("winding", w + (width - 1) / 2),
                                           SQ_CELL("width", width), SQ_CELL("probability", e.value),
                                           SQ_CELL("error", sq_estimate_known_error(&e)))));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_rows(gathering *g, const char *name, int64_t n, const double *winding, const double *chain)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  double low = INFINITY, high = -INFINITY, *x;
  PetscCall(sq_chains_create(n, chain, &chains));
  PetscCall(sq_alloc(2 * n, &x));
  sq_chains_gather(&chains, winding, x);
  for (int64_t i = 0; i < n; i++) x[i] = rint(x[i]);
  sq_range_extend(n, x, &low, &high);
  const double width = ceil((high - low + 1) / MOST);
  for (double w = low; w <= high; w += width) PetscCall(add_row(g, name, &chains, x, w, width, x + n));
  sq_free(&x);
  sq_chains_destroy(&chains);
  PetscFunctionReturn(0);
}

/* No field is read: the column says it. */
static PetscErrorCode begin(void *self, const sq_group *group, bool *wanted)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  double *winding = NULL, *chain = NULL;
  *wanted = false;
  PetscCall(sq_records_find_column(group->records, group->index, "winding", &winding));
  PetscCall(sq_records_find_column(group->records, group->index, "chain", &chain));
  if (winding) PetscCall(add_rows(g, group->about->name, group->about->count, winding, chain));
  g->any = g->any || winding;
  sq_free(&winding);
  sq_free(&chain);
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  (void)measure;
  if (g->any) PetscCall(sq_run_write(g->run, "windings.csv", &g->table.text));
  else sq_text_clear(&g->table.text);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  sq_free(self);
  PetscFunctionReturn(0);
}

const sq_gatherer sq_gather_windings = {.create = create, .begin = begin, .finish = finish, .destroy = destroy};

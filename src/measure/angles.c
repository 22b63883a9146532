/* SPDX-License-Identifier: BSD-3-Clause */
/* A plane of angles of the first field, with its vortices, for a picture -> angles.csv. */
#include "squall/circle.h"
#include "src/measure/gather.h"

enum { SIDE = 48 }; /* sites of a picture, at most */

static const sq_column columns[] = {{"ensemble", "%s"}, {"y", "%.0f"},       {"x", "%.0f"},
                                    {"angle", "%.8g"},  {"winding", "%.0f"}, {0}};

typedef struct {
  sq_run *run;
  const sq_lattice *lattice;
  const char *name;
  double picture[SIDE * SIDE]; /* [height][width], this rank's part of it, 0 elsewhere */
  int64_t height, width;
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

/* One angle a site, in two directions and more. */
static PetscErrorCode begin(void *self, const sq_group *group, bool *wanted)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  sq_action action;
  g->lattice = group->lattice;
  g->name = group->about->name;
  g->height = PetscMin(group->lattice->extent[SQ_DIM - 2], SIDE);
  g->width = PetscMin(group->lattice->extent[SQ_DIM - 1], SIDE);
  for (int64_t i = 0; i < SIDE * SIDE; i++) g->picture[i] = 0;
  *wanted = group->lattice->dim > 1 && group->about->count > 0 &&
            sq_action_read(sq_records_about(group->records)->action, group->lattice->dim, &action) &&
            action.type->space == &sq_space_circle && sq_action_components(&action) == 1;
  PetscFunctionReturn(0);
}

/* What this rank has of the plane x_0 = 0 (and x_1 = 0) of the first field. */
static PetscErrorCode add(void *self, int64_t record, const double *block)
{
  gathering *g = self;
  const sq_lattice *l = g->lattice;
  if (record || l->start[0] || l->start[1]) return 0;
  for (int64_t y = 0; y < l->local[SQ_DIM - 2]; y++)
    for (int64_t x = 0; x < l->local[SQ_DIM - 1]; x++) {
      const int64_t Y = l->start[SQ_DIM - 2] + y, X = l->start[SQ_DIM - 1] + x;
      if (Y < g->height && X < g->width) g->picture[Y * g->width + X] = block[y * l->local[SQ_DIM - 1] + x];
    }
  return 0;
}

/* Of the plaquette between (y, x) and (y + 1, x + 1); 0 beyond a picture that is a part of its plane. */
static double winding(const gathering *g, int64_t y, int64_t x)
{
  const int64_t above = (y + 1) % g->height, right = (x + 1) % g->width;
  if ((above == 0 && g->height < g->lattice->extent[SQ_DIM - 2]) ||
      (right == 0 && g->width < g->lattice->extent[SQ_DIM - 1]))
    return 0;
  return sq_circle_winding(g->picture[y * g->width + x], g->picture[y * g->width + right],
                           g->picture[above * g->width + right], g->picture[above * g->width + x]);
}

static PetscErrorCode end(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  (void)measure;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, g->picture, SIDE * SIDE, MPI_DOUBLE, MPI_SUM, g->run->world));
  for (int64_t y = 0; y < g->height; y++)
    for (int64_t x = 0; x < g->width; x++)
      PetscCall(sq_table_add(&g->table, SQ_ROW(SQ_CELL("ensemble", g->name), SQ_CELL("y", y), SQ_CELL("x", x),
                                               SQ_CELL("angle", g->picture[y * g->width + x]),
                                               SQ_CELL("winding", winding(g, y, x)))));
  g->any = true;
  PetscFunctionReturn(0);
}

static PetscErrorCode finish(void *self, sq_table *measure)
{
  PetscFunctionBeginUser;
  gathering *g = self;
  (void)measure;
  if (g->any) PetscCall(sq_run_write(g->run, "angles.csv", &g->table.text));
  else sq_text_clear(&g->table.text);
  PetscFunctionReturn(0);
}

static PetscErrorCode destroy(void **self)
{
  PetscFunctionBeginUser;
  sq_free(self);
  PetscFunctionReturn(0);
}

const sq_gatherer sq_gather_angles = {create, begin, add, end, finish, destroy};

/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of the stage sample, of models that know the density of any field: that of stored Monte Carlo fields ->
 * forward.h5. Batches are shared out to the replicas; it takes as long as to make as many fields, and is done once. */
#include "src/ensemble/partition.h"
#include "src/run/input.h"
#include "src/stage/stage.h"
#include <string.h>

typedef struct {
  const sq_site *site;
  const sq_forward_source *source;
  sq_records *records;
  double *blocks, *minus_log_q; /* [batch] */
  double *log_weight, *chain;   /* [count] this replica's, 0 elsewhere */
} forward;

/* Reads fields first .. first + batch - 1, those there are of them; each read is collective over all replicas. */
static PetscErrorCode read_batch(forward *f, int64_t first)
{
  PetscFunctionBeginUser;
  const sq_generator *g = &f->site->generator;
  const int chain = sq_group_column(&sq_records_about(f->records)->group[f->source->group], "chain");
  double columns[SQ_IO_COLUMNS];
  for (int64_t i = first; i < first + g->batch; i++) {
    const bool mine = i < f->source->count;
    PetscCall(sq_records_read(f->records, f->source->group, mine ? i : -1,
                              f->blocks + (i - first) * sq_generator_numbers(g), columns));
    if (mine && chain >= 0) f->chain[i] = columns[chain];
  }
  PetscFunctionReturn(0);
}

/* log w of the batch that was read. Collective over the lattice. */
static PetscErrorCode weigh_batch(forward *f, int64_t first)
{
  PetscFunctionBeginUser;
  const sq_generator *g = &f->site->generator;
  const int count = (int)PetscMin(g->batch, f->source->count - first);
  double columns[SQ_OBS_MOST];
  if (count <= 0) PetscFunctionReturn(0);
  PetscCall(g->density(g->self, count, f->blocks, f->minus_log_q));
  for (int b = 0; b < count; b++) {
    PetscCall(sq_obs_measure(f->site->obs, f->blocks + b * sq_generator_numbers(g), columns));
    f->log_weight[first + b] = f->minus_log_q[b] - sq_obs_action(f->site->obs, columns);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode weigh_all(forward *f)
{
  PetscFunctionBeginUser;
  const sq_grid *grid = f->site->grid;
  const int64_t batch = f->site->generator.batch, count = f->source->count;
  PetscErrorCode worst;
  sq_progress progress;
  sq_progress_begin(&progress, "density of Monte Carlo fields", 0, count);
  for (int64_t done = 0; done < count; done += batch * grid->replicas) {
    PetscCall(sq_run_obey(f->site->run, "sample", count));
    PetscCall(read_batch(f, done + batch * grid->replica));
    PetscCall(sq_worst_status(grid->world, weigh_batch(f, done + batch * grid->replica), &worst)); /* all leave */
    PetscCall(worst);
    if (sq_progress_due(&progress)) sq_progress_show(&progress, PetscMin(count, done + batch * grid->replicas), " ");
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, f->log_weight, (int)count, MPI_DOUBLE, MPI_SUM, grid->across));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, f->chain, (int)count, MPI_DOUBLE, MPI_SUM, grid->across));
  sq_progress_end(&progress, count, "%s", f->source->group == SQ_TESTING ? "held out" : "of training");
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_site *site, const sq_forward_source *source)
{
  PetscFunctionBeginUser;
  const sq_generator *g = &site->generator;
  forward f = {.site = site, .source = source};
  PetscCall(sq_run_accept(site->run));
  PetscCall(sq_input_check(site->run, source->path));
  PetscCall(sq_records_open(site->grid, site->lattice, source->path, &f.records));
  PetscCall(sq_alloc(g->batch * sq_generator_numbers(g), &f.blocks));
  PetscCall(sq_alloc(g->batch, &f.minus_log_q));
  PetscCall(sq_alloc(source->count, &f.log_weight));
  PetscCall(sq_alloc(source->count, &f.chain));
  PetscErrorCode code = weigh_all(&f);
  if (!code) code = sq_forward_write(site->run, source, f.log_weight, f.chain);
  sq_free(&f.blocks);
  sq_free(&f.minus_log_q);
  sq_free(&f.log_weight);
  sq_free(&f.chain);
  PetscCall(sq_records_close(&f.records));
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_forward_make(const sq_site *site)
{
  PetscFunctionBeginUser;
  sq_forward_source source;
  bool finished;
  if (!site->generator.density) PetscFunctionReturn(0);
  PetscCall(sq_forward_find(site->run, &source));
  if (!source.wanted) PetscFunctionReturn(0);
  PetscCall(sq_forward_finished(site->run, &source, &finished));
  if (!finished) PetscCall(make(site, &source));
  PetscFunctionReturn(0);
}

/* Of samples that were finished before: whether their model knows the density, as their file says. */
PetscErrorCode sq_forward_missing(const sq_run *run, bool *missing)
{
  PetscFunctionBeginUser;
  sq_forward_source source;
  sq_grid *grid;
  sq_records *records;
  char path[SQ_PATH];
  double of_fields;
  bool finished;
  *missing = false;
  PetscCall(sq_forward_find(run, &source));
  if (!source.wanted) PetscFunctionReturn(0);
  sq_run_path(run, "samples.h5", path);
  PetscCall(sq_grid_create(run->world, 1, &grid));
  PetscCall(sq_records_open(grid, NULL, path, &records));
  PetscCall(sq_records_find_real(records, "density_of_fields", &of_fields));
  PetscCall(sq_records_close(&records));
  PetscCall(sq_grid_destroy(&grid));
  PetscCall(sq_forward_finished(run, &source, &finished));
  *missing = of_fields == 1 && !finished;
  PetscFunctionReturn(0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of what ranks exchange: Fourier transforms, halos, and a model of a network evaluation made of them.
 *
 * The model: seconds = (evaluation of this rank's block alone) + sum over layers of (one exchange). It is compared with
 * the measured time, where exchanges overlap with the interior, and with the other way to do it (sample.exchange:
 * wide): one exchange as wide as the network sees, of its inputs only, and redundant work on that rim.
 */
#include "squall/net.h"
#include "src/bench/bench.h"
#include <math.h>
#include <string.h>

typedef struct {
  sq_grid *grid;
  sq_lattice *lattice;
  sq_network_shape shape;
  int batch;
} setting;

/* The lattice of the deck over all ranks. */
static PetscErrorCode set_up(sq_bench *bench, setting *s)
{
  PetscFunctionBeginUser;
  sq_run *run = bench->run;
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &s->shape));
  PetscCall(sq_run_grid(run, run->extents, 1, 0, sq_network_grain(&s->shape), &s->grid, &s->lattice));
  s->batch = sq_network_batch(&s->shape, s->lattice->volume);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(setting *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

/* ---- Fourier transforms ---- */

typedef struct {
  sq_fft *fft;
  double *block, *filter;
} filtering;

static PetscErrorCode filter_once(void *context)
{
  filtering *f = context;
  return sq_fft_filter(f->fft, f->filter, f->block, f->block);
}

PetscErrorCode sq_bench_fft(sq_bench *bench)
{
  PetscFunctionBeginUser;
  setting s;
  filtering f;
  double seconds;
  char text[160];
  PetscCall(set_up(bench, &s));
  PetscCall(sq_fft_create(s.lattice, &f.fft));
  PetscCall(sq_alloc(s.lattice->local_volume, &f.block));
  PetscCall(sq_alloc(f.fft->orbits.count, &f.filter));
  for (int64_t o = 0; o < f.fft->orbits.count; o++) f.filter[o] = 1;
  PetscCall(sq_bench_time(bench, filter_once, &f, &seconds));
  sq_lattice_describe(s.lattice, text, sizeof text);
  double volume = (double)s.lattice->volume,
         flops = 5 * volume * log2(volume); /* two real transforms of 2.5 V log2 V */
  sq_bench_row(bench, text, seconds, flops / seconds / bench->run->size / 1e9, "Gflop/s", NAN);
  sq_free(&f.block);
  sq_free(&f.filter);
  PetscCall(sq_fft_destroy(&f.fft));
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

/* ---- halos ---- */

typedef struct {
  sq_halo *halo;
  char *array;
} exchange;

static PetscErrorCode exchange_once(void *context)
{
  exchange *e = context;
  return sq_halo_exchange(e->halo, e->array);
}

/* Seconds of one exchange of `channels` floats a site; infinite where blocks are narrower than the halo. */
static PetscErrorCode time_exchange(sq_bench *bench, const setting *s, int width, int channels, const char *name,
                                    double *seconds)
{
  PetscFunctionBeginUser;
  exchange e;
  int64_t bytes, sites = s->batch;
  int messages;
  char what[200];
  *seconds = INFINITY;
  for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
    if (s->lattice->extent[mu] / s->lattice->ranks[mu] < width) PetscFunctionReturn(0);
  for (int mu = 0; mu < SQ_DIM; mu++) sites *= s->lattice->local[mu] + (mu >= s->lattice->first_dir ? 2 * width : 0);
  PetscCall(sq_halo_create(s->lattice, width, SQ_HALO_FULL, (size_t)channels * sizeof(float), s->batch, &e.halo));
  PetscCall(sq_alloc(sites * channels * (int64_t)sizeof(float), &e.array));
  sq_halo_cost(e.halo, &bytes, &messages);
  PetscCall(sq_bench_time(bench, exchange_once, &e, seconds));
  snprintf(what, sizeof what, "%s: width %d; %d channels; %d messages of %lld bytes in all", name, width, channels,
           messages, (long long)bytes);
  sq_bench_row(bench, what, *seconds, (double)bytes / *seconds / 1e9, "GB/s", NAN);
  sq_free(&e.array);
  PetscCall(sq_halo_destroy(&e.halo));
  PetscFunctionReturn(0);
}

/* ---- the network on a block ---- */

typedef struct {
  sq_network *network;
  double *field, *out, *one;
  int batch;
} evaluation;

static PetscErrorCode evaluate_once(void *context)
{
  evaluation *e = context;
  return sq_network_forward(e->network, e->batch, (const double *[]){e->field, e->field},
                            (const double *[]){e->one, e->one}, e->one, &e->out);
}

static PetscErrorCode time_network(sq_bench *bench, const sq_lattice *lattice, const sq_network_shape *shape, int batch,
                                   bool wide, double *seconds)
{
  PetscFunctionBeginUser;
  evaluation e = {.batch = batch};
  double *weight;
  float *small;
  int64_t parameters = sq_network_parameters(shape);
  if (wide) PetscCall(sq_network_create_wide(lattice, shape, batch, &e.network));
  else PetscCall(sq_network_create(lattice, shape, batch, false, &e.network));
  PetscCall(sq_alloc(batch * lattice->local_volume, &e.field));
  PetscCall(sq_alloc(batch * lattice->local_volume, &e.out));
  PetscCall(sq_alloc(batch, &e.one));
  PetscCall(sq_alloc(parameters, &weight));
  PetscCall(sq_alloc(parameters, &small));
  PetscCall(sq_network_init(shape, 1, weight));
  for (int64_t i = 0; i < parameters; i++) small[i] = (float)weight[i];
  for (int64_t i = 0; i < batch * lattice->local_volume; i++) e.field[i] = (double)(i % 7) - 3;
  sq_network_load(e.network, small);
  PetscCall(sq_bench_time(bench, evaluate_once, &e, seconds));
  sq_free(&e.field);
  sq_free(&e.out);
  sq_free(&e.one);
  sq_free(&weight);
  sq_free(&small);
  PetscCall(sq_network_destroy(&e.network));
  PetscFunctionReturn(0);
}

/* The other way: measured, where blocks are as wide as the exchange. */
static PetscErrorCode time_wide(sq_bench *bench, const setting *s, double layered)
{
  PetscFunctionBeginUser;
  int64_t reach = sq_network_reach(&s->shape);
  bool narrow = false;
  double seconds;
  char what[200];
  for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
    narrow = narrow || (s->lattice->ranks[mu] > 1 && s->lattice->extent[mu] / s->lattice->ranks[mu] < reach);
  if (narrow) {
    snprintf(what, sizeof what, "with one wide exchange: impossible; blocks are narrower than %lld sites",
             (long long)reach);
    sq_bench_row(bench, what, NAN, NAN, "", NAN);
    PetscFunctionReturn(0);
  }
  PetscCall(time_network(bench, s->lattice, &s->shape, s->batch, true, &seconds));
  snprintf(what, sizeof what,
           "with one exchange %lld sites wide; share: of the time layer by layer; better: sample.exchange %s",
           (long long)reach, seconds < layered ? "wide" : "layers");
  sq_bench_row(bench, what, seconds, NAN, "", seconds / layered);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_halo(sq_bench *bench)
{
  PetscFunctionBeginUser;
  setting s;
  sq_lattice *alone;
  char text[160], what[320];
  double input, layer, alone_seconds, seconds;
  PetscCall(set_up(bench, &s));
  int layers = 2 * s.shape.blocks + 2;
  s.shape.levels = 1; /* the model is of one level */
  PetscCall(time_exchange(bench, &s, 1, s.shape.odd ? 2 : 3, "inputs", &input));
  PetscCall(time_exchange(bench, &s, 1, s.shape.channels, "layer", &layer));
  PetscCall(sq_lattice_create(MPI_COMM_SELF, s.lattice->dim, s.lattice->local + s.lattice->first_dir, NULL, &alone));
  PetscCall(time_network(bench, alone, &s.shape, s.batch, false, &alone_seconds));
  PetscCall(time_network(bench, s.lattice, &s.shape, s.batch, false, &seconds));
  sq_lattice_describe(s.lattice, text, sizeof text);
  double model = alone_seconds + (s.lattice->size > 1 ? input + (layers - 1) * layer : 0);
  snprintf(what, sizeof what, "evaluation of %d fields of %s", s.batch, text);
  sq_bench_row(bench, what, seconds, NAN, "", NAN);
  sq_bench_row(bench, "the same by the model; share: of the measured time", model, NAN, "", model / seconds);
  if (s.lattice->size > 1) PetscCall(time_wide(bench, &s, seconds));
  PetscCall(sq_lattice_destroy(&alone));
  PetscCall(clear(&s));
  PetscFunctionReturn(0);
}

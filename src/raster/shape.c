/* SPDX-License-Identifier: BSD-3-Clause */
/* A shape as numbers: where weights are, what they begin with, what it costs. */
#include "squall/rng.h"
#include "src/raster/network.h"
#include <math.h>
#include <string.h>

/* ---- kinds ---- */

const char *sq_raster_network_name(int index)
{
  return sq_raster_networks[index] ? sq_raster_networks[index]->name : NULL;
}

/* Taps of a site's window, at most. */
static double seen_at_most(const sq_raster_shape *s, sq_raster_view view)
{
  double volume = sq_volume(s->extent), near = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) near *= fmin(2. * s->radius + 1, (double)s->extent[mu]);
  const double border = fmin(volume, 2 * volume / (double)s->extent[SQ_DIM - s->dim]);
  return view == SQ_RASTER_ITSELF ? 1 : view == SQ_RASTER_BOX ? near : border;
}

/* Slots of a window, at most. */
static double slots_at_most(const sq_raster_shape *s, sq_raster_view view)
{
  const double seen = seen_at_most(s, view), volume = sq_volume(s->extent);
  if (s->network->apart) return seen * volume;
  return view == SQ_RASTER_FRONTIER ? volume : seen;
}

/* Whether lists of windows, and weights, stay within reason. */
static bool affordable(const sq_raster_shape *s)
{
  const double most_taps = 1 << 24, most_weights = 1 << 27, c = s->channels, volume = sq_volume(s->extent);
  const double seen = fmax(seen_at_most(s, s->network->first), seen_at_most(s, s->network->deep));
  const double gains = s->positions ? (4. * s->blocks + 2) * c * volume : 0;
  const double weights = slots_at_most(s, s->network->first) * s->inputs * c +
                         2 * s->blocks * c * c * slots_at_most(s, s->network->deep) + gains;
  return seen * volume <= most_taps && weights <= most_weights;
}

bool sq_raster_valid(const sq_raster_shape *s)
{
  enum { MOST_CHANNELS = 1024, MOST_BLOCKS = 16, MOST_OUTPUTS = 1024, MOST_COMPONENTS = 64 };
  return s->dim >= 1 && s->dim <= SQ_DIM && sq_volume(s->extent) >= 1 && sq_volume(s->extent) <= INT32_MAX &&
         s->network && s->radius >= 1 && s->channels >= SQ_NN_CHANNEL_STEP && s->channels <= MOST_CHANNELS &&
         s->channels % SQ_NN_CHANNEL_STEP == 0 && s->blocks >= 0 && s->blocks <= MOST_BLOCKS && s->inputs >= 1 &&
         s->inputs <= MOST_OUTPUTS && s->vectors >= 0 && s->vectors <= MOST_OUTPUTS && s->scalars >= 0 &&
         s->scalars <= MOST_OUTPUTS && s->vectors + s->scalars >= 1 && s->components >= 1 &&
         s->components <= MOST_COMPONENTS && (s->odd || s->components == 1) && affordable(s);
}

/* ---- windows and layout ---- */

PetscErrorCode sq_raster_windows_create(const sq_raster_shape *shape, sq_raster_windows *w)
{
  PetscFunctionBeginUser;
  const sq_raster_network *network = shape->network;
  PetscCall(sq_raster_window_create(shape, network->first, false, &w->first));
  PetscCall(sq_raster_window_create(shape, network->deep, true, &w->deep));
  PetscCall(sq_raster_window_create(shape, SQ_RASTER_ITSELF, true, &w->last));
  PetscCall(sq_raster_window_reverse(&w->deep, &w->users));
  PetscFunctionReturn(0);
}

void sq_raster_windows_destroy(sq_raster_windows *w)
{
  sq_raster_window_destroy(&w->first);
  sq_raster_window_destroy(&w->deep);
  sq_raster_window_destroy(&w->last);
  sq_raster_window_destroy(&w->users);
}

static int64_t take(int64_t *total, int64_t count)
{
  *total += count;
  return *total - count;
}

static void lay_out_head(const sq_raster_shape *s, int64_t slots, bool biased, int outputs, sq_raster_layout *at,
                         sq_raster_head *head)
{
  const int step = SQ_NN_CHANNEL_STEP;
  *head = (sq_raster_head){.outputs = outputs, .width = outputs <= 1 ? outputs : (outputs + step - 1) / step * step};
  head->weight = take(&at->total, slots * s->channels * outputs);
  head->bias = biased ? take(&at->total, outputs) : -1;
  head->bias_at = biased && s->positions ? take(&at->total, at->sites * outputs) : -1;
}

sq_raster_layout sq_raster_lay_out(const sq_raster_shape *s, const sq_raster_windows *w)
{
  sq_raster_layout at = {.activations = 2 * s->blocks + 1, .sites = w->first.sites};
  const int64_t c = s->channels, gains = at.activations * c;
  at.deep_size = w->deep.slots * c * c;
  at.first = take(&at.total, w->first.slots * s->inputs * c);
  at.deep = take(&at.total, 2 * s->blocks * at.deep_size);
  at.gain = take(&at.total, gains);
  at.shift = take(&at.total, gains);
  at.gain_at = take(&at.total, s->positions ? at.sites * gains : 0);
  at.shift_at = take(&at.total, s->positions ? at.sites * gains : 0);
  lay_out_head(s, w->last.slots, !s->odd, s->vectors, &at, &at.head[SQ_RASTER_VECTORS]);
  lay_out_head(s, w->last.slots, true, s->scalars, &at, &at.head[SQ_RASTER_SCALARS]);
  return at;
}

static PetscErrorCode list_head(const sq_raster_shape *s, int64_t slots, const sq_raster_layout *at, int which,
                                sq_layout *layout)
{
  PetscFunctionBeginUser;
  static const char *const name[SQ_RASTER_HEADS] = {"vectors", "scalars"};
  const sq_raster_head *head = &at->head[which];
  const int64_t outputs = head->outputs;
  PetscCall(sq_layout_add(layout, 3, (int64_t[]){slots, s->channels, outputs}, "%s.weight", name[which]));
  if (head->bias >= 0) PetscCall(sq_layout_add(layout, 1, &outputs, "%s.bias", name[which]));
  if (head->bias_at >= 0)
    PetscCall(sq_layout_add(layout, 2, (int64_t[]){at->sites, outputs}, "%s.bias_at", name[which]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_raster_list(const sq_raster_shape *s, sq_layout *layout)
{
  PetscFunctionBeginUser;
  sq_raster_windows w;
  const int64_t C = s->channels;
  PetscCall(sq_raster_windows_create(s, &w));
  const sq_raster_layout at = sq_raster_lay_out(s, &w);
  const int64_t sites = s->positions ? at.sites : 0;
  PetscCall(sq_layout_add(layout, 3, (int64_t[]){w.first.slots, s->inputs, C}, "first.weight"));
  PetscCall(sq_layout_add(layout, 4, (int64_t[]){2 * s->blocks, w.deep.slots, C, C}, "deep.weight"));
  PetscCall(sq_layout_add(layout, 2, (int64_t[]){at.activations, C}, "gain"));
  PetscCall(sq_layout_add(layout, 2, (int64_t[]){at.activations, C}, "shift"));
  PetscCall(sq_layout_add(layout, 3, (int64_t[]){at.activations, sites, C}, "gain_at"));
  PetscCall(sq_layout_add(layout, 3, (int64_t[]){at.activations, sites, C}, "shift_at"));
  for (int head = 0; head < SQ_RASTER_HEADS; head++) PetscCall(list_head(s, w.last.slots, &at, head, layout));
  sq_raster_windows_destroy(&w);
  PetscFunctionReturn(0);
}

/* ---- what it costs ---- */

static double taps(const sq_raster_window *w)
{
  return (double)w->begin[w->sites];
}

/* Bytes of one field. */
static double bytes_of(const sq_raster_shape *s, const sq_raster_layout *at, bool backward)
{
  const double rows = backward ? 2. * at->activations * (double)at->sites : at->activations * (1 + (double)at->sites);
  return 4. * s->components * (s->channels * (rows + 3) + (double)at->sites * s->inputs);
}

/* Enough that products run at their full rate, and few enough that what a layer looks back at stays in the caches. */
static int batch_of(double bytes)
{
  enum { MOST = 112, LEAST = 28, STEP = 14 };
  const double room = 96e6, all = 1e9;
  int batch = (int)fmin(MOST, fmax(LEAST, room / bytes));
  batch -= batch % STEP;
  return (int)fmax(1, fmin(batch, all / bytes));
}

PetscErrorCode sq_raster_price(const sq_raster_shape *s, bool backward, sq_raster_cost *cost)
{
  PetscFunctionBeginUser;
  sq_raster_windows w;
  const double c = s->channels;
  PetscCall(sq_raster_windows_create(s, &w));
  const sq_raster_layout at = sq_raster_lay_out(s, &w);
  const double bytes = bytes_of(s, &at, backward);
  *cost = (sq_raster_cost){.parameters = at.total, .batch = batch_of(bytes)};
  cost->flops = 2. * s->components *
                (taps(&w.first) * s->inputs * c + 2 * s->blocks * taps(&w.deep) * c * c +
                 (double)at.sites * c * (s->vectors + s->scalars));
  cost->bytes = bytes;
  cost->tables = 8. * (taps(&w.first) + 2 * taps(&w.deep)) + 4. * (backward ? 3 : 2) * (double)at.total;
  sq_raster_windows_destroy(&w);
  PetscFunctionReturn(0);
}

/* ---- what learning begins with ---- */

static void fill(uint64_t seed, uint64_t layer, double scale, int64_t count, double *parameter)
{
  sq_rng_normals(sq_stream_make(seed, SQ_RNG_WEIGHTS, layer), 0, count, 0, 0, parameter);
  for (int64_t i = 0; i < count; i++) parameter[i] *= scale;
}

PetscErrorCode sq_raster_init(const sq_raster_shape *s, uint64_t seed, double *parameter)
{
  PetscFunctionBeginUser;
  sq_raster_windows w;
  PetscCall(sq_raster_windows_create(s, &w));
  const sq_raster_layout at = sq_raster_lay_out(s, &w);
  const double sites = (double)at.sites, fan = 1 + taps(&w.deep) / sites * s->channels;
  memset(parameter, 0, (size_t)at.total * sizeof *parameter);
  fill(seed, 0, 1 / sqrt(1 + taps(&w.first) / sites * s->inputs), w.first.slots * s->inputs * s->channels,
       parameter + at.first);
  for (int j = 0; j < 2 * s->blocks; j++) /* the activation halves the variance; branches start small */
    fill(seed, (uint64_t)(j + 1), (j % 2 ? 0.5 : 1.5) / sqrt(fan), at.deep_size,
         parameter + at.deep + j * at.deep_size);
  for (int64_t i = 0; i < (int64_t)at.activations * s->channels; i++) parameter[at.gain + i] = 1;
  sq_raster_windows_destroy(&w);
  PetscFunctionReturn(0);
}

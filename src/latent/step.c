/* SPDX-License-Identifier: BSD-3-Clause */
/* A step of a way: a network sees one half of what there is, and the other half is stretched and shifted by what it
 * makes of it.
 *
 * The network sees the numbers and what varies slowly in them, F K f; of its four outputs F,
 *   b = width (F_0 + K F_1),   a = LIMIT tanh[(F_2 f/width + F_3 K f/far_width)/LIMIT],
 * in a mean over components: of an odd network b is odd and a even.
 */
#include "src/latent/internal.h"
#include <math.h>
#include <string.h>

#define LIMIT 1.5 /* of a: widths are never far from those that a step begins with */
enum { OUTPUTS = 4, NEAR_SHIFT = 0, FAR_SHIFT, NEAR_STRETCH, FAR_STRETCH };

PetscErrorCode sq_latent_step_create(const sq_latent_work *w, const sq_latent_shape *shape, bool backward,
                                     sq_latent_step *s)
{
  PetscFunctionBeginUser;
  const sq_network_shape network = sq_latent_network(shape);
  PetscCall(sq_network_create(w->lattice, &network, w->batch, backward, &s->network));
  s->parameters = sq_network_parameters(&network);
  PetscCall(sq_alloc(w->batch * w->numbers, &s->far));
  PetscCall(sq_alloc(w->batch * w->numbers, &s->b));
  PetscCall(sq_alloc(w->batch * w->sites, &s->a));
  for (int o = 0; o < OUTPUTS; o++) PetscCall(sq_alloc(w->batch * w->numbers, &s->out[o]));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_latent_step_destroy(sq_latent_step *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_network_destroy(&s->network));
  sq_free(&s->far);
  sq_free(&s->a);
  sq_free(&s->b);
  for (int o = 0; o < OUTPUTS; o++) sq_free(&s->out[o]);
  PetscFunctionReturn(0);
}

/* a of the site of a field whose numbers begin at i. */
static double stretch_of(const sq_latent_work *w, const sq_latent_step *s, int64_t i)
{
  double sum = 0;
  for (int c = 0; c < w->components; c++, i += w->sites)
    sum += s->out[NEAR_STRETCH][i] * s->seen[i] / w->width + s->out[FAR_STRETCH][i] * s->far[i] / w->far_width;
  return LIMIT * tanh(sum / (LIMIT * w->components));
}

static void set_shift(const sq_latent_work *w, sq_latent_step *s, int count)
{
  for (int64_t i = 0; i < count * w->numbers; i++) s->b[i] = w->width * (s->out[NEAR_SHIFT][i] + s->b[i]);
  for (int b = 0; b < count; b++)
    for (int64_t x = 0; x < w->sites; x++) s->a[b * w->sites + x] = stretch_of(w, s, b * w->numbers + x);
}

PetscErrorCode sq_latent_step_look(const sq_latent_work *w, sq_latent_step *s, int count, const double *seen)
{
  PetscFunctionBeginUser;
  double near[count], far[count], level[count];
  for (int b = 0; b < count; b++) {
    near[b] = 1 / w->width;
    far[b] = 1 / w->far_width;
    level[b] = 0;
  }
  s->seen = seen;
  PetscCall(sq_latent_filter(w, w->filter, count, seen, s->far));
  PetscCall(sq_network_forward(s->network, count, (const double *const[]){seen, s->far},
                               (const double *const[]){near, far}, level, s->out));
  PetscCall(sq_latent_filter(w, w->filter, count, s->out[FAR_SHIFT], s->b));
  set_shift(w, s, count);
  PetscFunctionReturn(0);
}

/* ---- on numbers ---- */

void sq_latent_step_apply(const sq_latent_work *w, const sq_latent_step *s, int count, const double *from, double *to)
{
  for (int64_t row = 0; row < count * w->components; row++) {
    const double *a = s->a + row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++)
      to[i] = s->alpha * exp(a[x]) * from[i] + s->beta * s->seen[i] + s->b[i];
  }
}

void sq_latent_step_invert(const sq_latent_work *w, const sq_latent_step *s, int count, const double *to, double *from)
{
  for (int64_t row = 0; row < count * w->components; row++) {
    const double *a = s->a + row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++)
      from[i] = exp(-a[x]) / s->alpha * (to[i] - s->beta * s->seen[i] - s->b[i]);
  }
}

/* ---- derivatives ---- */

/* From those with respect to a, in work->da, and to b, in dout[NEAR_SHIFT]: to what the network made. */
static PetscErrorCode to_outputs(sq_latent_work *w, const sq_latent_step *s, int count)
{
  PetscFunctionBeginUser;
  PetscCall(sq_latent_filter(w, w->filter, count, w->dout[NEAR_SHIFT], w->dout[FAR_SHIFT]));
  for (int64_t row = 0; row < count * w->components; row++) {
    const int64_t at = row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++) {
      const double part = s->a[at + x] / LIMIT, dsum = w->da[at + x] * (1 - part * part) / w->components;
      w->dout[NEAR_SHIFT][i] *= w->width;
      w->dout[FAR_SHIFT][i] *= w->width;
      w->dout[NEAR_STRETCH][i] = dsum * s->seen[i] / w->width;
      w->dout[FAR_STRETCH][i] = dsum * s->far[i] / w->far_width;
    }
  }
  PetscFunctionReturn(0);
}

/* To what it saw: by way of the network, and of a. */
static PetscErrorCode to_seen(sq_latent_work *w, const sq_latent_step *s, int count, double *dseen)
{
  PetscFunctionBeginUser;
  double *near = w->din[0], *far = w->din[1];
  for (int64_t row = 0; row < count * w->components; row++) {
    const int64_t at = row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++) {
      const double part = s->a[at + x] / LIMIT, dsum = w->da[at + x] * (1 - part * part) / w->components;
      near[i] += dsum * s->out[NEAR_STRETCH][i] / w->width;
      far[i] += dsum * s->out[FAR_STRETCH][i] / w->far_width;
    }
  }
  PetscCall(sq_latent_filter(w, w->filter, count, far, far));
  for (int64_t i = 0; i < count * w->numbers; i++) dseen[i] += near[i] + far[i];
  PetscFunctionReturn(0);
}

static PetscErrorCode through_network(sq_latent_work *w, sq_latent_step *s, int count, double *dseen, float *gradient)
{
  PetscFunctionBeginUser;
  PetscCall(to_outputs(w, s, count));
  PetscCall(sq_network_backward(s->network, (const double *const *)w->dout, w->din, gradient + s->at));
  PetscCall(to_seen(w, s, count, dseen));
  PetscFunctionReturn(0);
}

static void clear_stretch(sq_latent_work *w, int count, const double *factor)
{
  for (int b = 0; b < count; b++)
    for (int64_t x = 0; x < w->sites; x++) w->da[b * w->sites + x] = -factor[b] * w->components;
}

PetscErrorCode sq_latent_step_pull(sq_latent_work *w, sq_latent_step *s, int count, const double *factor,
                                   const double *from, const double *dto, double *dfrom, double *dseen, float *gradient)
{
  PetscFunctionBeginUser;
  clear_stretch(w, count, factor);
  for (int64_t row = 0; row < count * w->components; row++) {
    const int64_t at = row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++) {
      const double scaled = s->alpha * exp(s->a[at + x]) * dto[i];
      w->da[at + x] += scaled * from[i];
      w->dout[NEAR_SHIFT][i] = dto[i];
      dfrom[i] += scaled;
      dseen[i] += s->beta * dto[i];
    }
  }
  PetscCall(through_network(w, s, count, dseen, gradient));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_latent_step_push(sq_latent_work *w, sq_latent_step *s, int count, const double *factor,
                                   const double *from, const double *dfrom, double *dto, double *dseen, float *gradient)
{
  PetscFunctionBeginUser;
  clear_stretch(w, count, factor);
  for (int64_t row = 0; row < count * w->components; row++) {
    const int64_t at = row / w->components * w->sites;
    for (int64_t x = 0, i = row * w->sites; x < w->sites; x++, i++) {
      const double scaled = exp(-s->a[at + x]) / s->alpha * dfrom[i];
      w->da[at + x] -= dfrom[i] * from[i];
      w->dout[NEAR_SHIFT][i] = -scaled;
      dto[i] += scaled;
      dseen[i] -= s->beta * scaled;
    }
  }
  PetscCall(through_network(w, s, count, dseen, gradient));
  PetscFunctionReturn(0);
}

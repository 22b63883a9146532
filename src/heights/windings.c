/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of windings: the probabilities of the theory, as the classical energies have them and broad, times what is
 * learned. A share of the windings is drawn from what they begin with, whatever is learned: the weight of a rare
 * winding that learning has given up is bounded by what it begins with (T. Hesterberg, Technometrics 37 (1995) 185). */
#include "internal.h"
#include <math.h>

/* That share. */
static const double KEPT = 0.1;

static double kept(const sq_heights_work *w)
{
  return w->shape.beginning ? KEPT : 0;
}

static double shares_of(const sq_heights_work *w, double *log_weight, double *share)
{
  const sq_heights_integers x = {
    .least = INT64_MIN, .count = 2 * (int)w->shape.windings + 1, .log_weight = log_weight, .share = share};
  return sq_heights_normalise(&x);
}

/* Shares have the same tails, which the ends of a mixture have too. */
void sq_heights_load_windings(sq_heights_work *w)
{
  const int count = 2 * (int)w->shape.windings + 1;
  const double keep = kept(w);
  for (int i = 0; i < count; i++) w->winding_log[i] = w->winding_start[i] + SQ_HEIGHTS_STRENGTH * (double)w->weight[i];
  w->winding_sum = shares_of(w, w->winding_log, w->winding_learned);
  if (!(keep > 0)) {
    (void)shares_of(w, w->winding_log, w->winding_share);
    return;
  }
  const double start = shares_of(w, w->winding_start, w->winding_share);
  for (int i = 0; i < count; i++)
    w->winding_log[i] = log((1 - keep) * exp(w->winding_log[i] - w->winding_sum) +
                            keep * exp(w->winding_start[i] - start));
  w->winding_sum = shares_of(w, w->winding_log, w->winding_share);
}

void sq_heights_add_windings(const sq_heights_work *w, int count, const int *winding, const double *factor,
                             float *gradient)
{
  const double keep = kept(w);
  double all = 0;
  for (int b = 0; b < count; b++) {
    const double learned = keep > 0 ? (1 - keep) * w->winding_learned[winding[b]] / w->winding_share[winding[b]] : 1,
                 part = learned * factor[b];
    gradient[winding[b]] += (float)(SQ_HEIGHTS_STRENGTH * part);
    all += part;
  }
  for (int64_t i = 0; i <= 2 * w->shape.windings; i++)
    gradient[i] -= (float)(SQ_HEIGHTS_STRENGTH * all * w->winding_learned[i]);
}

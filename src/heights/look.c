/* SPDX-License-Identifier: BSD-3-Clause */
/* What the network of an event sees: the winding; flux and size of the site it looks from; the time links that are
 * open, and those of the first row, of the columns around; the link that closes the row. Links that are not known yet
 * are seen as 0. */
#include "internal.h"
#include <math.h>
#include <string.h>

enum { P = SQ_HEIGHTS_PANEL };

/* A link into x[2][P]. */
static void see(const sq_heights_work *w, int direction, int64_t site, double density, double scale, float *x)
{
  const int32_t *k = w->k[direction] + site * P, *l = w->l[direction] + site * P;
  const double usual = direction ? 0 : density,
               size = fabs(usual) + 2 * w->scales.rho * w->scales.rho / w->scales.sigma;
  const double columns = (double)w->shape.extent[1];
  for (int j = 0; j < w->count; j++) {
    const double middle = direction ? 0 : (double)w->winding[j] / columns;
    x[j] = (float)(scale * ((double)k[j] - middle));
    x[P + j] = (float)(scale * (abs(k[j]) + 2.0 * l[j] - size));
  }
}

/* The links of two rows in the columns around. */
static void see_ring(const sq_heights_work *w, const sq_heights_event *e, float *x)
{
  const int64_t rows = w->shape.extent[0], columns = w->shape.extent[1], ring = sq_heights_ring(&w->shape);
  const double scale = 1 / w->scales.sigma, nearness = 1 / (double)(rows - e->row);
  for (int64_t i = 0; i < ring; i++, x += 4 * P) {
    const int64_t c = (e->column + i - (ring - 1) / 2 + columns) % columns;
    if (e->kind == SQ_FIRST_ROW && c >= e->column) continue;
    const int64_t row = e->kind == SQ_FIRST_ROW ? rows - 1 : (e->row + (c < e->column ? rows : rows - 1)) % rows;
    see(w, 0, row * columns + c, w->scales.density, scale, x);
    if (e->kind != SQ_FIRST_ROW) see(w, 0, (rows - 1) * columns + c, w->scales.density, nearness * scale, x + 2 * P);
  }
}

void sq_heights_look(const sq_heights_work *w, const sq_heights_event *e, float *x)
{
  const int64_t columns = w->shape.extent[1], left = columns - e->column, site = e->row * columns + e->column;
  const double scale = 1 / w->scales.sigma;
  memset(x, 0, (size_t)sq_heights_inputs(&w->shape) * P * sizeof *x);
  for (int j = 0; j < w->count; j++) {
    const double density = (double)w->winding[j] / (double)columns;
    x[j] = (float)(scale * (density - w->scales.density));
    if (e->kind == SQ_FIRST_ROW) x[P + j] = (float)(scale * ((double)w->rest[j] / (double)left - density));
    else {
      x[P + j] = (float)(scale * (w->flux[site * P + j] - density));
      x[2 * P + j] = (float)(scale * (0.5 * w->size[site * P + j] - fabs(w->scales.density)));
    }
  }
  if (e->kind == SQ_SITE && w->shape.dim == 2)
    see(w, 1, e->row * columns + columns - 1, 0, scale / (double)left, x + 3 * P);
  see_ring(w, e, x + 5 * P);
}

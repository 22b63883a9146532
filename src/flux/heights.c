/* SPDX-License-Identifier: BSD-3-Clause */
/* Heights on plaquettes and windings in place of fluxes without divergence. A field of one direction is one of two with
 * one row more, whose links nothing leaves.
 *
 * k of no windings is the curl of heights; the rest is what the two lines carry on which windings run. Sites are
 * numbered as in the lattice: x = t columns + s. */
#include "squall/flux.h"
#include <math.h>
#include <string.h>

typedef struct {
  int64_t rows, columns;
} torus;

static torus torus_of(int dim, const int64_t extent[])
{
  return (torus){.rows = extent[0], .columns = dim == 2 ? extent[1] : 1};
}

static void fluxes(int dim, const int64_t extent[], const double *height, const double *winding, double *k)
{
  const torus g = torus_of(dim, extent);
  const int64_t volume = g.rows * g.columns;
  for (int64_t t = 0; t < g.rows; t++) {
    const double *here = height + t * g.columns, *before = height + (t + g.rows - 1) % g.rows * g.columns;
    double *out = k + t * g.columns;
    for (int64_t s = 0; s < g.columns; s++) {
      if (dim == 1) out[s] = winding[0];
      else {
        out[s] = here[s] - here[(s + g.columns - 1) % g.columns] + (s == 0 ? winding[0] : 0);
        out[volume + s] = before[s] - here[s] + (t == 0 ? winding[1] : 0);
      }
    }
  }
}

static void backward(int dim, const int64_t extent[], const double *dk, double *dheight, double *dwinding)
{
  const torus g = torus_of(dim, extent);
  const int64_t volume = g.rows * g.columns;
  if (dim == 1) {
    for (int64_t t = 0; t < g.rows; t++) dwinding[0] += dk[t];
    return;
  }
  for (int64_t t = 0; t < g.rows; t++) {
    const double *in0 = dk + t * g.columns, *in1 = in0 + volume, *after = dk + volume + (t + 1) % g.rows * g.columns;
    for (int64_t s = 0; s < g.columns; s++)
      dheight[t * g.columns + s] += in0[s] - in0[(s + 1) % g.columns] + after[s] - in1[s];
    dwinding[0] += in0[0];
  }
  for (int64_t s = 0; s < g.columns; s++) dwinding[1] += dk[volume + s];
}

static void heights(int dim, const int64_t extent[], const double *k, double *height, double *winding)
{
  const torus g = torus_of(dim, extent);
  const int64_t volume = g.rows * g.columns;
  winding[0] = 0;
  for (int64_t s = 0; s < g.columns; s++) winding[0] += k[s];
  if (dim == 1) return;
  winding[1] = 0;
  for (int64_t t = 0; t < g.rows; t++) winding[1] += k[volume + t * g.columns];
  height[0] = 0;
  for (int64_t s = 1; s < g.columns; s++) height[s] = height[s - 1] + k[s];
  for (int64_t t = 1; t < g.rows; t++)
    for (int64_t s = 0; s < g.columns; s++)
      height[t * g.columns + s] = height[(t - 1) * g.columns + s] - k[volume + t * g.columns + s];
}

const sq_flux_heights_map sq_flux_heights = {.fluxes = fluxes, .backward = backward, .heights = heights};

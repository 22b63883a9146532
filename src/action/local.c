/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep of local updates: one number of a site after the other, of each the sites of one colour at a time, on all
 * ranks at once.
 *
 * Along a direction of even extent colours alternate; of odd extent the last site has a third one, so that no site is
 * its neighbour's colour across the end either. The colours of directions add up, modulo how many there are.
 */
#include "squall/action.h"

static bool odd_cycle(const sq_lattice *lattice, int mu)
{
  return lattice->extent[mu] % 2 == 1 && lattice->extent[mu] > 1;
}

static int colours_of(const sq_lattice *lattice)
{
  int colours = lattice->volume > 1 ? 2 : 1;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (odd_cycle(lattice, mu)) colours = 3;
  return colours;
}

/* Of the site of coordinate x in direction mu. */
static int colour_along(const sq_lattice *lattice, int mu, int64_t x)
{
  return odd_cycle(lattice, mu) && x == lattice->extent[mu] - 1 ? 2 : (int)(x % 2);
}

/* What directions 0 to 2 add to the colours of a row. */
static int colour_of_row(const sq_lattice *lattice, int64_t row)
{
  int colour = 0;
  for (int mu = SQ_DIM - 2; mu >= 0; mu--) {
    colour += colour_along(lattice, mu, lattice->start[mu] + row % lattice->local[mu]);
    row /= lattice->local[mu];
  }
  return colour;
}

/* of_row[rows], pattern[colours][n] of a sq_colour. */
static void find_colours(const sq_lattice *lattice, int colours, int *of_row, bool *pattern)
{
  const int64_t n = lattice->local[SQ_DIM - 1];
  for (int64_t row = 0; row < lattice->local_volume / n; row++) of_row[row] = colour_of_row(lattice, row) % colours;
  for (int colour = 0; colour < colours; colour++)
    for (int64_t i = 0; i < n; i++)
      pattern[colour * n + i] = colour_along(lattice, SQ_DIM - 1, lattice->start[SQ_DIM - 1] + i) % colours == colour;
}

static void draw_rows(const sq_action *action, sq_field *phi, const sq_colour *colour, sq_stream stream, uint64_t step)
{
  const sq_lattice *lattice = phi->lattice;
  const int64_t n = lattice->local[SQ_DIM - 1], c = colour->component;
  for (int64_t row = 0; row < lattice->local_volume / n; row++)
    action->type->local->draw(action, phi, c * phi->sites + sq_field_row(phi, row), n, sq_colour_mask(colour, row, n),
                              stream, (uint64_t)(c * lattice->volume + sq_lattice_row_site(lattice, row)), step);
}

static void relax_rows(const sq_action *action, sq_field *phi, const sq_colour *colour)
{
  const int64_t n = phi->lattice->local[SQ_DIM - 1];
  for (int64_t row = 0; row < phi->lattice->local_volume / n; row++)
    action->type->local->relax(action, phi, colour->component * phi->sites + sq_field_row(phi, row), n,
                               sq_colour_mask(colour, row, n));
}

/* What is done with the numbers of a sweep: they are drawn, or moved without chance. */
typedef struct {
  bool relax;
  sq_stream stream;
  uint64_t step;
} move;

static PetscErrorCode sweep(const sq_action *action, sq_field *phi, sq_halo *halo, const move *m)
{
  PetscFunctionBeginUser;
  const int64_t n = phi->lattice->local[SQ_DIM - 1];
  const sq_action_local *local = action->type->local;
  sq_colour colour = {.colours = colours_of(phi->lattice)};
  int *of_row;
  bool *pattern;
  PetscCall(sq_alloc(phi->lattice->local_volume / n, &of_row));
  PetscCall(sq_alloc(colour.colours * n, &pattern));
  find_colours(phi->lattice, colour.colours, of_row, pattern);
  colour.of_row = of_row;
  colour.pattern = pattern;
  for (; colour.component < phi->components; colour.component++)
    for (colour.colour = 0; colour.colour < colour.colours; colour.colour++) {
      PetscCall(sq_halo_exchange(halo, phi->data));
      if (m->relax) relax_rows(action, phi, &colour);
      else if (local->draw_colour) local->draw_colour(action, phi, &colour, m->stream, m->step);
      else draw_rows(action, phi, &colour, m->stream, m->step);
    }
  sq_free(&of_row);
  sq_free(&pattern);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_local_sweep(const sq_action *action, sq_field *phi, sq_halo *halo, sq_stream stream,
                                     uint64_t step)
{
  PetscFunctionBeginUser;
  SqCheck(action->type->local, SQ_EVERY_RANK, SQ_ERR_INPUT, "there are no local updates of the action %s",
          action->type->name);
  PetscCall(sweep(action, phi, halo, &(const move){.stream = stream, .step = step}));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_action_relax_sweep(const sq_action *action, sq_field *phi, sq_halo *halo)
{
  PetscFunctionBeginUser;
  SqCheck(action->type->local && action->type->local->relax, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "there is no over-relaxation of the action %s; set over_relaxation to 0", action->type->name);
  PetscCall(sweep(action, phi, halo, &(const move){.relax = true}));
  PetscFunctionReturn(0);
}

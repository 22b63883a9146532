/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which the links of a lattice are drawn, and which of them have a choice. */
#include "internal.h"

int64_t sq_heights_events(const sq_heights_shape *s)
{
  const int64_t rows = s->extent[0], columns = s->extent[1], sites = s->dim == 2 ? columns - 1 : 0;
  return columns + (s->dim == 2 ? rows : 0) + (rows - 1) * columns + sites;
}

/* Takes the ends of a link from those that are open. */
static sq_heights_link_step step(int *open, int64_t from, int64_t to, int direction)
{
  const bool loop = from == to;
  open[from] &= ~(direction ? SQ_SPACE_OUT : SQ_TIME_OUT);
  open[to] &= ~(direction ? SQ_SPACE_IN : SQ_TIME_IN);
  return (sq_heights_link_step){.from = from,
                                .to = to,
                                .direction = direction,
                                .at_from = open[from],
                                .at_to = open[to],
                                .loop = loop,
                                .bound = !loop && !open[from]};
}

PetscErrorCode sq_heights_order(const sq_heights_shape *s, sq_heights_event **event, int64_t *events)
{
  PetscFunctionBeginUser;
  const int64_t rows = s->extent[0], columns = s->extent[1];
  int *open;
  *events = 0;
  PetscCall(sq_alloc(sq_heights_events(s), event));
  PetscCall(sq_alloc(rows * columns, &open));
  for (int64_t x = 0; x < rows * columns; x++) open[x] = s->dim == 2 ? SQ_OPEN - 1 : SQ_TIME_OUT | SQ_TIME_IN;
  for (int64_t c = 0; c < columns; c++)
    (*event)[(*events)++] = (sq_heights_event){
      .kind = SQ_FIRST_ROW, .column = c, .links = 1, .link = {step(open, (rows - 1) * columns + c, c, 0)}};
  for (int64_t r = 0; r < rows; r++) {
    if (s->dim == 2)
      (*event)[(*events)++] = (sq_heights_event){
        .kind = SQ_CLOSING, .row = r, .links = 1, .link = {step(open, (r + 1) * columns - 1, r * columns, 1)}};
    for (int64_t c = 0; c < columns; c++) {
      const int64_t x = r * columns + c;
      sq_heights_event e = {.kind = SQ_SITE, .row = r, .column = c};
      if (c < columns - 1) e.link[e.links++] = step(open, x, x + 1, 1);
      if (r < rows - 1) e.link[e.links++] = step(open, x, x + columns, 0);
      if (e.links) (*event)[(*events)++] = e;
    }
  }
  sq_free(&open);
  PetscFunctionReturn(0);
}

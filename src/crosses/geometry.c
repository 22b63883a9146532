/* SPDX-License-Identifier: BSD-3-Clause */
/* Which spins networks draw, in which order, and which of their neighbours are known by then. */
#include "src/crosses/crosses.h"
#include "internal.h"

static bool power_of_two(int64_t n)
{
  return n >= 2 && (n & (n - 1)) == 0;
}

PetscErrorCode sq_cross_check(const sq_cross_shape *shape)
{
  PetscFunctionBeginUser;
  const int64_t *n = shape->extent;
  for (int mu = 0; mu < 2; mu++)
    SqCheck(power_of_two(n[mu]) && n[mu] <= SQ_CROSS_EXTENT, SQ_EVERY_RANK, SQ_ERR_INPUT,
            "a hierarchical model of %lldx%lld sites: its extents must be powers of two, 2 to %d", (long long)n[0],
            (long long)n[1], SQ_CROSS_EXTENT);
  SqCheck(shape->exact == 1 || shape->exact == 3 || shape->exact == SQ_CROSS_EXACT, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model that sums over boxes of %d sites a side: 1, 3 and %d are possible", shape->exact,
          SQ_CROSS_EXACT);
  SqCheck(shape->hidden >= 1 && shape->hidden <= 1024, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a hierarchical model with %d units in a hidden layer: 1 to 1024 are possible", shape->hidden);
  PetscFunctionReturn(0);
}

int sq_cross_side(const sq_cross_shape *shape)
{
  return (int)PetscMin(shape->extent[0], shape->extent[1]) - 1;
}

bool sq_cross_knows(const sq_cross_shape *shape, int64_t side)
{
  return side >= 1 && side <= sq_cross_side(shape) && power_of_two(side + 1);
}

int sq_cross_given(int side)
{
  return 4 * side;
}

int sq_cross_spins(const sq_cross_shape *shape, int side)
{
  if (side) return 2 * side - 1;
  const int64_t inside = sq_cross_side(shape),
                boxes = shape->extent[0] * shape->extent[1] / ((inside + 1) * (inside + 1));
  return (int)(shape->extent[0] * shape->extent[1] - boxes * inside * inside);
}

static void add(sq_cross_net *net, int *count, int row, int column)
{
  net->place[*count][0] = row;
  net->place[*count][1] = column;
  ++*count;
}

/* The boundary, then the middle row from left to right, then the middle column from top to bottom. */
static void list_cross(sq_cross_net *net)
{
  const int side = net->side, middle = side / 2;
  int count = 0;
  for (int edge = -1; edge <= side; edge += side + 1) {
    for (int i = 0; i < side; i++) add(net, &count, edge, i);
    for (int i = 0; i < side; i++) add(net, &count, i, edge);
  }
  for (int i = 0; i < side; i++) add(net, &count, middle, i);
  for (int i = 0; i < side; i++)
    if (i != middle) add(net, &count, i, middle);
}

/* Rows, then what is left of columns. */
static void list_frame(const sq_cross_shape *shape, sq_cross_net *net)
{
  const int step = sq_cross_side(shape) + 1, rows = (int)shape->extent[0], columns = (int)shape->extent[1];
  int count = 0;
  for (int r = 0; r < rows; r += step)
    for (int c = 0; c < columns; c++) add(net, &count, r, c);
  for (int c = 0; c < columns; c += step)
    for (int r = 0; r < rows; r++)
      if (r % step) add(net, &count, r, c);
}

/* The number of a site among the first `count`, -1 if it is not among them; the frame's torus is closed. */
static int find(const sq_cross_shape *shape, const sq_cross_net *net, int count, int row, int column)
{
  if (!net->side) {
    row = (int)((row + shape->extent[0]) % shape->extent[0]);
    column = (int)((column + shape->extent[1]) % shape->extent[1]);
  }
  for (int i = 0; i < count; i++)
    if (net->place[i][0] == row && net->place[i][1] == column) return i;
  return -1;
}

/* Neighbours in direction 0, then in direction 1. */
static void link_spins(const sq_cross_shape *shape, sq_cross_net *net)
{
  for (int i = 0; i < net->spins; i++) {
    const int known = net->given + i, row = net->place[known][0], column = net->place[known][1];
    for (int k = 0; k < 2; k++) {
      net->link[i][k] = find(shape, net, known, row + 2 * k - 1, column);
      net->link[i][2 + k] = find(shape, net, known, row, column + 2 * k - 1);
    }
  }
}

static PetscErrorCode make(const sq_cross_shape *shape, int side, int64_t first, sq_cross_net *net)
{
  PetscFunctionBeginUser;
  *net = (sq_cross_net){
    .side = side, .given = sq_cross_given(side), .spins = sq_cross_spins(shape, side), .hidden = shape->hidden};
  PetscCall(sq_alloc(net->given + net->spins, &net->place));
  PetscCall(sq_alloc(net->spins, &net->link));
  PetscCall(sq_alloc(net->spins + 1, &net->at));
  if (side) list_cross(net);
  else list_frame(shape, net);
  link_spins(shape, net);
  net->at[0] = first;
  for (int i = 0; i < net->spins; i++) net->at[i + 1] = net->at[i] + sq_cross_weights(net->given + i, net->hidden);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_cross_nets(const sq_cross_shape *shape, sq_cross_net net[SQ_CROSS_NETS], int *count)
{
  PetscFunctionBeginUser;
  PetscCall(make(shape, 0, 0, &net[0]));
  *count = 1;
  for (int side = sq_cross_side(shape); side > shape->exact; side /= 2, ++*count) {
    const sq_cross_net *before = &net[*count - 1];
    PetscCall(make(shape, side, before->at[before->spins], &net[*count]));
  }
  PetscFunctionReturn(0);
}

void sq_cross_nets_destroy(int count, sq_cross_net *net)
{
  for (int k = 0; k < count; k++) {
    sq_free(&net[k].place);
    sq_free(&net[k].link);
    sq_free(&net[k].at);
  }
}

int64_t sq_cross_parameters(const sq_cross_shape *shape)
{
  int64_t count = 0;
  for (int side = 0, next = sq_cross_side(shape);; side = next, next /= 2) {
    for (int i = 0; i < sq_cross_spins(shape, side); i++)
      count += sq_cross_weights(sq_cross_given(side) + i, shape->hidden);
    if (next <= shape->exact) return count;
  }
}

PetscErrorCode sq_cross_layout(const sq_cross_shape *shape, sq_layout *layout)
{
  PetscFunctionBeginUser;
  const int64_t hidden = shape->hidden;
  char box[32] = "frame";
  for (int side = 0, next = sq_cross_side(shape);; side = next, next /= 2) {
    if (side) snprintf(box, sizeof box, "box.%d", side);
    for (int i = 0; i < sq_cross_spins(shape, side); i++) {
      const int64_t inputs = sq_cross_given(side) + i;
      if (!inputs) continue;
      PetscCall(sq_layout_add(layout, 2, (int64_t[]){hidden, inputs}, "%s.spin.%d.w1", box, i));
      PetscCall(sq_layout_add(layout, 2, (int64_t[]){hidden, hidden}, "%s.spin.%d.w2", box, i));
      PetscCall(sq_layout_add(layout, 1, &hidden, "%s.spin.%d.v", box, i));
      PetscCall(sq_layout_add(layout, 1, &inputs, "%s.spin.%d.u", box, i));
    }
    if (next <= shape->exact) PetscFunctionReturn(0);
  }
}

double sq_cross_flops(const sq_cross_shape *shape)
{
  const double volume = (double)(shape->extent[0] * shape->extent[1]);
  double flops = 0;
  for (int side = 0, next = sq_cross_side(shape);; side = next, next /= 2) {
    double each = 0;
    for (int i = 0; i < sq_cross_spins(shape, side); i++)
      each += 2 * (double)sq_cross_weights(sq_cross_given(side) + i, shape->hidden);
    flops += each * (side ? volume / ((side + 1.) * (side + 1.)) : 1);
    if (next <= shape->exact) break;
  }
  return flops + volume * 2 * (1 << shape->exact);
}

bool sq_cross_wanted(const sq_cross_region *region, int side, sq_cross_box *box)
{
  const int64_t origin[2] = {(int64_t)box->site / region->pitch, (int64_t)box->site % region->pitch};
  const int64_t field = box->number < 0 ? ~box->number : box->number;
  bool wanted = true, own = true;
  for (int mu = 0; mu < 2; mu++) {
    const int64_t first = origin[mu] + box->first[mu], end = first + (side ? side : box->extent[mu]),
                  start = region->start[mu], stop = start + region->local[mu];
    wanted = wanted && first < stop && end > start;
    own = own && first >= start && first < stop;
  }
  box->number = own ? field : ~field;
  return wanted;
}

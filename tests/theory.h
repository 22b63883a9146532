/* SPDX-License-Identifier: BSD-3-Clause */
/* What every theory promises, whatever it is: tests of a row of the table of actions by its own words. */
#ifndef SQUALL_TESTS_THEORY_H
#define SQUALL_TESTS_THEORY_H

#include "squall/action.h"
#include "tap.h"
#include <string.h>

enum { MAX_SITES = 2048 }; /* numbers of a field */

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {
  {1, {1}},    {1, {2}},      {1, {7}},       {1, {300}},     {2, {1, 1}},       {2, {2, 2}},       {2, {1, 6}},
  {2, {3, 7}}, {2, {10, 10}}, {3, {1, 2, 5}}, {3, {4, 3, 6}}, {4, {1, 2, 3, 4}}, {4, {2, 2, 2, 2}}, {4, {4, 3, 2, 5}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A field over the ranks of a communicator, with what it takes to get its energy and force. Numbers are in the order
 * [components][sites]. */
typedef struct {
  sq_lattice *lattice;
  sq_field *phi;
  sq_halo *halo;
  double *block, *force;
} setup;

static void setup_for(const sq_action *action, MPI_Comm comm, int dim, const int64_t *extent, setup *s)
{
  const int components = sq_action_components(action);
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_field_create_components(s->lattice, 1, components, &s->phi));
  TAP_CALL(sq_halo_create_field(s->phi, sq_action_reach(action), &s->halo));
  TAP_CALL(sq_alloc(components * s->lattice->local_volume, &s->block));
  TAP_CALL(sq_alloc(components * s->lattice->local_volume, &s->force));
}

static void setup_free(setup *s)
{
  sq_free(&s->block);
  sq_free(&s->force);
  TAP_CALL(sq_halo_destroy(&s->halo));
  TAP_CALL(sq_field_destroy(&s->phi));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* The number, c V + x, of entry i of the block. */
static int64_t site_of(const sq_lattice *lattice, int64_t i)
{
  const int64_t c = i / lattice->local_volume, x = i % lattice->local_volume;
  return c * lattice->volume + sq_lattice_row_site(lattice, x / lattice->local[3]) + x % lattice->local[3];
}

/* How many numbers the block of a setup has; the whole field. */
static int64_t block_numbers(const setup *s)
{
  return s->phi->components * s->lattice->local_volume;
}

static int64_t all_numbers(const setup *s)
{
  return s->phi->components * s->lattice->volume;
}

/* Takes this rank's part of a field that every rank holds in full. */
static void set(setup *s, const double *global)
{
  for (int64_t i = 0; i < block_numbers(s); i++) s->block[i] = global[site_of(s->lattice, i)];
  sq_field_from_block(s->phi, s->block);
  TAP_CALL(sq_halo_exchange(s->halo, s->phi->data));
}

static double energy(const sq_action *action, setup *s, const double *global)
{
  sq_sum sum = {{0}};
  set(s, global);
  action->type->energy(action, s->phi, &sum);
  TAP_CALL(sq_sum_reduce(s->lattice->comm, 1, &sum));
  return sq_sum_value(&sum);
}

/* A hot start. */
static void random_field(const sq_action *action, int64_t volume, uint64_t member, double *global)
{
  action->type->space->random(sq_stream_make(5, SQ_RNG_TEST, member), 0, sq_action_components(action) * volume, 0, 0,
                              global);
}

/* The site one step further in direction mu, periodically. */
static int64_t neighbour(const sq_lattice *lattice, int64_t site, int mu)
{
  int64_t below = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) below *= lattice->extent[nu];
  int64_t x = site / below % lattice->extent[mu];
  return site + ((x + 1) % lattice->extent[mu] - x) * below;
}

/* A parameter that is a whole number has small ones. */
static double draw_value(const sq_param *param, double normal, double u)
{
  if (param->type != SQ_PARAM_INT) return u < 0.2 ? 0 : normal;
  return param->min + floor(u * (fmin(param->max, param->min + 3) - param->min + 1));
}

/* Values that the theory accepts, some of them 0, at which wanted holds (NULL: any); false if none are found. */
static bool draw_values(const sq_action_type *type, int dim, uint64_t member, bool (*wanted)(const sq_action *),
                        sq_action *action)
{
  const sq_stream stream = sq_stream_make(6, SQ_RNG_TEST, member);
  char reason[256];
  *action = (sq_action){.type = type, .dim = dim};
  for (uint64_t attempt = 0; attempt < 1000; attempt++) {
    double normal[SQ_ACTION_PARAMETERS];
    sq_rng_normals(stream, 0, SQ_ACTION_PARAMETERS, attempt, 0, normal);
    for (int k = 0; type->params[k].key; k++)
      action->value[k] = draw_value(&type->params[k], normal[k], sq_rng_uniform(stream, (uint64_t)k, attempt, 1));
    if (type->valid(action, reason, sizeof reason) && (!wanted || wanted(action))) return true;
  }
  return false;
}

/* dS/dphi at a site by the five-point formula. */
static double derivative(const sq_action *action, setup *s, double h, double *global, int64_t site)
{
  const double phi = global[site];
  double f[5];
  for (int k = 0; k < 5; k++) {
    global[site] = phi + (k - 2) * h;
    f[k] = energy(action, s, global);
  }
  global[site] = phi;
  return (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
}

/* The largest deviation of the force from minus the derivative. */
static double force_error(const sq_action *action, setup *s, double h, double *global)
{
  double worst = 0;
  for (int64_t site = 0; site < all_numbers(s); site += 1 + all_numbers(s) / 64) {
    double slope = derivative(action, s, h, global, site);
    set(s, global);
    action->type->smooth->force(action, s->phi, s->force);
    for (int64_t i = 0; i < block_numbers(s); i++)
      if (site_of(s->lattice, i) == site) tap_worst(&worst, fabs(s->force[i] + slope));
  }
  return worst;
}

/* sweep against its definition by the force, with and without unit ratio. */
static void test_sweep(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES], worst = 0;
  int64_t sites, planes = sq_field_planes(s->phi, &sites), volume = block_numbers(s);
  double before[MAX_SITES], after[MAX_SITES];
  sq_field *next;
  TAP_CALL(sq_field_create_components(s->lattice, 1, s->phi->components, &next));
  random_field(action, s->lattice->volume, 6, global);
  set(s, global);
  action->type->smooth->force(action, s->phi, s->force);
  for (int k = 0; k < 2; k++) {
    const double ratio = k ? 0.7 : 1, weight = 0.03;
    for (int64_t i = 0; i < volume; i++) before[i] = sin((double)i);
    sq_field_from_block(next, before);
    action->type->smooth->sweep(action, s->phi, ratio, weight, 0, planes, next, next);
    sq_field_to_block(next, after);
    for (int64_t i = 0; i < volume; i++)
      tap_worst(&worst, fabs(after[i] - ((1 + ratio) * s->block[i] - ratio * before[i] + weight * s->force[i])));
  }
  tap_check(worst < 1e-13, "%s: the sweep is made of the force", name);
  TAP_CALL(sq_field_destroy(&next));
}

static void test_smooth(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES];
  random_field(action, s->lattice->volume, 1, global);
  double error = force_error(action, s, 1.0 / 64, global);
  tap_check(error < 1e-6, "%s: force is minus the derivative of the energy, to %.1e", name, error);
  test_sweep(action, s, name);
}

/* The energy once more, from the potential of a site and the product of neighbours. */
static void test_transfer(const sq_action *action, setup *s, const char *name)
{
  const sq_action_transfer *transfer = action->type->transfer;
  const double h = 1.0 / 64;
  double global[MAX_SITES], sum = 0, slope, worst = 0, f[5];
  random_field(action, s->lattice->volume, 4, global);
  for (int64_t x = 0; x < s->lattice->volume; x++) {
    for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
      sum -= transfer->hop(action) * global[x] * global[neighbour(s->lattice, x, mu)];
    for (int k = 0; k < 5; k++) f[k] = transfer->site(action, global[x] + (k - 2) * h, &slope);
    sum += transfer->site(action, global[x], &slope);
    tap_worst(&worst, fabs(slope - (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h)));
  }
  tap_near(energy(action, s, global), sum, 1e-12 * (1 + fabs(sum)) * (double)s->lattice->volume,
           "the energy is that of sites and links");
  tap_check(worst < 1e-9, "%s: the slope of the potential of a site", name);
}

/* What a symmetry move makes of a field or a force; the matrix is of those that rotate. */
static void move(const setup *s, const sq_symmetry *symmetry, const double *matrix, int64_t sites, const double *from,
                 double *to)
{
  memcpy(to, from, (size_t)(s->phi->components * sites) * sizeof *to);
  if (matrix) sq_turn_numbers(s->phi->components, matrix, sites, sites, to);
  for (int64_t i = 0; !matrix && i < s->phi->components * sites; i++)
    to[i] = symmetry->factor * to[i] + symmetry->shift;
}

/* Symmetry moves: of factor -1 to the last bit, others (rotations) to rounding. */
static void test_symmetry(const sq_action *action, setup *s, const char *name)
{
  const bool rotates = sq_action_rotates(action);
  double global[MAX_SITES], moved[MAX_SITES], force[MAX_SITES] = {0}, worst = 0, matrix[SQ_COMPONENTS * SQ_COMPONENTS];
  random_field(action, s->lattice->volume, 2, global);
  for (double u = 0.125; u < 1; u += 0.25) {
    const sq_symmetry symmetry = sq_action_symmetry(action, u), of_force = {symmetry.factor, 0};
    sq_turn_random(s->phi->components, sq_stream_make(6, SQ_RNG_TEST, 1), (uint64_t)(8 * u), 0, matrix);
    const double *turn = rotates ? matrix : NULL,
                 allowed = rotates || symmetry.shift ? 1e-12 * (double)all_numbers(s) : 0;
    move(s, &symmetry, turn, s->lattice->volume, global, moved);
    double before = energy(action, s, global);
    if (action->type->smooth) action->type->smooth->force(action, s->phi, s->force);
    move(s, &of_force, turn, s->lattice->local_volume, s->force, force);
    double after = energy(action, s, moved);
    tap_worst(&worst, fabs(after - before) <= allowed * (1 + fabs(before)) ? 0 : 1);
    if (!action->type->smooth) continue;
    action->type->smooth->force(action, s->phi, s->force);
    for (int64_t i = 0; i < block_numbers(s); i++)
      tap_worst(&worst, fabs(s->force[i] - force[i]) <= allowed * (1 + fabs(force[i])) ? 0 : 1);
  }
  tap_check(worst == 0, "%s: its symmetry moves leave it alone", name);
}

static void test_translation(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES], shifted[MAX_SITES];
  bool same = true;
  random_field(action, s->lattice->volume, 3, global);
  double before = energy(action, s, global);
  for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++) {
    for (int64_t i = 0; i < all_numbers(s); i++) {
      const int64_t x = i % s->lattice->volume;
      shifted[i - x + neighbour(s->lattice, x, mu)] = global[i];
    }
    same = same && energy(action, s, shifted) == before;
  }
  tap_check(same, "%s: translations leave the energy alone to the last bit", name);
}

/* Local updates: every site is drawn once, none knows what it was, and nothing depends on the ranks. */
static void test_local(const sq_action *action, setup *cut, setup *whole, const char *name)
{
  const sq_stream stream = sq_stream_make(7, SQ_RNG_TEST, 1);
  const int64_t volume = all_numbers(cut);
  double global[MAX_SITES], first[MAX_SITES], second[MAX_SITES], part[MAX_SITES];
  bool same = true;
  random_field(action, cut->lattice->volume, 8, global);
  set(cut, global);
  set(whole, global);
  TAP_CALL(sq_action_local_sweep(action, cut->phi, cut->halo, stream, 3));
  TAP_CALL(sq_action_local_sweep(action, whole->phi, whole->halo, stream, 3));
  sq_field_to_block(cut->phi, part);
  sq_field_to_block(whole->phi, first);
  for (int64_t i = 0; i < block_numbers(cut); i++) same = same && part[i] == first[site_of(cut->lattice, i)];
  tap_check(same, "%s: local updates do not depend on the ranks", name);
  global[0] = -global[0]; /* of the first colour: drawn before others see it */
  set(whole, global);
  TAP_CALL(sq_action_local_sweep(action, whole->phi, whole->halo, stream, 3));
  sq_field_to_block(whole->phi, second);
  tap_check(!memcmp(first, second, (size_t)volume * sizeof *first), "%s: what is drawn does not know what was", name);
}

/* Over-relaxation: S stays, numbers move, nothing depends on the ranks. */
static void test_relax(const sq_action *action, setup *cut, setup *whole, const char *name)
{
  const int64_t volume = cut->lattice->volume;
  double global[MAX_SITES], moved[MAX_SITES], part[MAX_SITES], distance = 0;
  bool same = true;
  random_field(action, volume, 8, global);
  const double before = energy(action, whole, global);
  set(cut, global);
  TAP_CALL(sq_action_relax_sweep(action, cut->phi, cut->halo));
  TAP_CALL(sq_action_relax_sweep(action, whole->phi, whole->halo));
  sq_field_to_block(cut->phi, part);
  sq_field_to_block(whole->phi, moved);
  for (int64_t i = 0; i < cut->lattice->local_volume; i++) same = same && part[i] == moved[site_of(cut->lattice, i)];
  for (int64_t i = 0; i < volume; i++) tap_worst(&distance, fabs(moved[i] - global[i]));
  tap_check(same, "%s: over-relaxation does not depend on the ranks", name);
  const double after = energy(action, whole, moved);
  tap_check(fabs(after - before) < 1e-12 * (1 + fabs(before)) * (double)volume && distance > 0.1,
            "%s: over-relaxation leaves the energy alone, %.1e", name, after - before);
}

/* Cut over all ranks, and whole on every rank: the same bits. */
static void test_ranks(const sq_action *action, setup *cut, const char *name)
{
  double global[MAX_SITES];
  setup whole;
  setup_for(action, MPI_COMM_SELF, cut->lattice->dim, cut->lattice->extent + cut->lattice->first_dir, &whole);
  random_field(action, cut->lattice->volume, 4, global);
  bool same = energy(action, cut, global) == energy(action, &whole, global);
  if (action->type->smooth) {
    action->type->smooth->force(action, cut->phi, cut->force);
    action->type->smooth->force(action, whole.phi, whole.force);
    for (int64_t i = 0; i < block_numbers(cut); i++)
      same = same && cut->force[i] == whole.force[site_of(cut->lattice, i)];
  }
  tap_check(same, "%s: the same energy and force however it is cut", name);
  if (action->type->local) test_local(action, cut, &whole, name);
  if (action->type->local && action->type->local->relax) test_relax(action, cut, &whole, name);
  setup_free(&whole);
}

/* A lattice with one more direction than the action: its layers know nothing of each other. */
static void test_stack(const sq_action_type *type)
{
  const int64_t extent[] = {3, 2}, layer[] = {2};
  double global[MAX_SITES], part[MAX_SITES], sum = 0;
  bool same = true;
  setup stack, single;
  sq_action action;
  same = draw_values(type, 1, 1, NULL, &action);
  setup_for(&action, MPI_COMM_SELF, 2, extent, &stack);
  setup_for(&action, MPI_COMM_SELF, 1, layer, &single);
  random_field(&action, 6, 7, global);
  double all = energy(&action, &stack, global);
  if (type->smooth) type->smooth->force(&action, stack.phi, stack.force);
  for (int i = 0; i < 3; i++) {
    for (int64_t k = 0; k < all_numbers(&single); k++) part[k] = global[k / 2 * 6 + 2 * i + k % 2];
    sum += energy(&action, &single, part);
    if (!type->smooth) continue;
    type->smooth->force(&action, single.phi, single.force);
    for (int64_t k = 0; k < all_numbers(&single); k++)
      same = same && single.force[k] == stack.force[k / 2 * 6 + 2 * i + k % 2];
  }
  tap_check(same && fabs(sum - all) < 1e-13 * (1 + fabs(sum)), "%s: leading directions number independent lattices",
            type->name);
  setup_free(&single);
  setup_free(&stack);
}

/* Reflects one site (of a lattice that is not cut). */
static void reflect(const sq_action *action, setup *s, const double *axis, int64_t site, double *phi)
{
  const int64_t n = s->lattice->local[3];
  bool turn[MAX_SITES] = {false};
  for (int c = 0; c < s->phi->components && !action->type->bond->reflect; c++)
    phi[c * s->lattice->volume + site] = -phi[c * s->lattice->volume + site];
  if (!action->type->bond->reflect) return;
  set(s, phi);
  turn[site % n] = true;
  action->type->bond->reflect(action, s->phi, axis, sq_field_row(s->phi, site / n), n, turn);
  sq_field_to_block(s->phi, phi);
}

/* Reflecting one site changes S by the strengths of its links; a link of a site with itself does not count. */
static void test_bond(const sq_action *action, setup *s, const char *name)
{
  double phi[MAX_SITES], worst = 0, strength[SQ_DIM * MAX_SITES], axis[SQ_COMPONENTS];
  const int dim = s->lattice->dim;
  const int64_t n = s->lattice->local[3];
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, 9), 0, SQ_COMPONENTS, 0, 0, axis);
  random_field(action, s->lattice->volume, 3, phi);
  double before = energy(action, s, phi);
  for (int64_t x = 0; x < s->lattice->volume; x += 1 + s->lattice->volume / 64) {
    double rise = 0;
    set(s, phi);
    for (int64_t row = 0; row < s->lattice->volume / n; row++) {
      action->type->bond->strength(action, s->phi, axis, sq_field_row(s->phi, row), n, strength);
      for (int k = 0; k < dim; k++)
        for (int64_t i = 0; i < n; i++) {
          int64_t from = row * n + i, to = neighbour(s->lattice, from, s->lattice->first_dir + k);
          if ((from == x) != (to == x)) rise += strength[k * n + i];
        }
    }
    double reflected[MAX_SITES];
    memcpy(reflected, phi, sizeof phi);
    reflect(action, s, axis, x, reflected);
    tap_worst(&worst, fabs(energy(action, s, reflected) - before - rise));
  }
  tap_check(worst < 1e-10, "%s: the strengths of links are what S changes by", name);
}

/* Whether there are values that the theory accepts in so many dimensions. */
static bool has_dimension(const sq_action_type *type, int dim)
{
  sq_action action;
  return draw_values(type, dim, 0, NULL, &action);
}

static void test_shape(const sq_action_type *type, int dim, const int64_t *extent)
{
  int ranks[SQ_DIM];
  char extents[64], name[80];
  setup s;
  sq_action action;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  sq_extents_text(dim, extent, extents, sizeof extents);
  snprintf(name, sizeof name, "%s on %s", type->name, extents);
  (void)draw_values(type, dim, (uint64_t)extent[0], NULL, &action);
  setup_for(&action, MPI_COMM_WORLD, dim, extent, &s);
  if (type->smooth) test_smooth(&action, &s, name);
  if (type->transfer) test_transfer(&action, &s, name);
  if (type->symmetric) test_symmetry(&action, &s, name);
  if (type->bond && tap.size == 1) test_bond(&action, &s, name);
  test_translation(&action, &s, name);
  test_ranks(&action, &s, name);
  setup_free(&s);
}

static bool is_free(const sq_action *action)
{
  return sq_action_free_propagator(action, action->dim) > 0;
}

/* A plane wave is an eigenvector of the free force, with eigenvalue -1/G(p). */
static void test_free_propagator(const sq_action_type *type, int dim)
{
  const int64_t extent[] = {4, 5, 3, 6};
  const int n[] = {1, 2, 1, 2};
  double wave[MAX_SITES], cos_sum = 0, worst = 0;
  sq_action action;
  setup s;
  bool found = draw_values(type, dim, 2, is_free, &action);
  setup_for(&action, MPI_COMM_SELF, dim, extent, &s);
  for (int mu = 0; mu < dim; mu++) cos_sum += cos(2 * M_PI * n[mu] / (double)extent[mu]);
  for (int64_t x = 0; x < all_numbers(&s); x++) {
    double phase = 0.3 + (double)(x / s.lattice->volume);
    int64_t rest = x % s.lattice->volume;
    for (int mu = dim - 1; mu >= 0; rest /= extent[mu--])
      phase += 2 * M_PI * n[mu] * (double)(rest % extent[mu]) / (double)extent[mu];
    wave[x] = cos(phase);
  }
  set(&s, wave);
  type->smooth->force(&action, s.phi, s.force);
  double G = sq_action_free_propagator(&action, cos_sum);
  for (int64_t x = 0; x < all_numbers(&s); x++) tap_worst(&worst, fabs(G * s.force[x] + wave[x]));
  tap_check(found && G > 0 && worst < 1e-13, "%s: the free propagator inverts the free force in d = %d", type->name,
            dim);
  setup_free(&s);
}

static bool is_broken(const sq_action *action)
{
  double value = sq_action_ordered_value(action);
  return value > 0.25 && value < 8;
}

static bool is_not_broken(const sq_action *action)
{
  return sq_action_ordered_value(action) == 0;
}

/* The ordered value against a scan of the uniform fields, in both phases. */
static void test_ordered_value(const sq_action_type *type, int dim, bool (*phase)(const sq_action *))
{
  const int64_t extent[] = {2, 3, 2, 3};
  double global[MAX_SITES], best = 0, least = INFINITY;
  sq_action action;
  setup s;
  bool found = draw_values(type, dim, 3, phase, &action);
  setup_for(&action, MPI_COMM_SELF, dim, extent, &s);
  for (double phi = 0; phi < 12; phi += 1.0 / 64) {
    for (int64_t x = 0; x < all_numbers(&s); x++) global[x] = phi / sqrt(s.phi->components);
    double S = energy(&action, &s, global);
    if (S < least) {
      least = S;
      best = phi;
    }
  }
  tap_check(found && fabs(sq_action_ordered_value(&action) - best) <= 1.0 / 64, "%s: ordered value %g at d = %d",
            type->name, best, dim);
  setup_free(&s);
}

__attribute__((unused)) static void test_theory(const sq_action_type *type)
{
  int dimensions = 0;
  for (int i = 0; i < SHAPES; i++)
    if (has_dimension(type, shapes[i].dim)) test_shape(type, shapes[i].dim, shapes[i].extent);
  for (int dim = 1; dim <= SQ_DIM; dim++) {
    if (!has_dimension(type, dim)) continue;
    dimensions++;
    if (type->free_propagator) test_free_propagator(type, dim);
    if (type->ordered_value && type->space == &sq_space_real) test_ordered_value(type, dim, is_broken);
    if (type->ordered_value && type->space == &sq_space_real) test_ordered_value(type, dim, is_not_broken);
  }
  tap_check(dimensions > 0, "%s: there are values that it accepts", type->name);
  if (has_dimension(type, 1)) test_stack(type);
}

#endif

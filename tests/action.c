/* action: energy against the formula written out, force against the derivative of the energy, symmetries, the same bits
 * on any rank count, exact results. */
#include "squall/action.h"
#include "squall/halo.h"
#include "tap.h"
#include <string.h>

enum { MAX_SITES = 512 };

static const struct {
  int dim;
  int64_t extent[SQ_DIM];
} shapes[] = {
  {1, {1}},    {1, {2}},      {1, {7}},       {1, {300}},     {2, {1, 1}},       {2, {2, 2}},       {2, {1, 6}},
  {2, {3, 7}}, {2, {10, 10}}, {3, {1, 2, 5}}, {3, {4, 3, 6}}, {4, {1, 2, 3, 4}}, {4, {2, 2, 2, 2}}, {4, {4, 3, 2, 5}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double phi4_potential(const double *value, double phi)
{
  return (1 - 2 * value[1]) * pow(phi, 2) + value[1] * pow(phi, 4);
}

static double quartic_potential(const double *value, double phi)
{
  return value[0] / 2 * pow(phi, 2) + value[1] / 24 * pow(phi, 4);
}

/* Every theory of the table, with the formula of its potential. */
typedef struct {
  const char *type;
  double value[SQ_ACTION_PARAMETERS], kappa;
  double free[SQ_ACTION_PARAMETERS], ordered[2][SQ_ACTION_PARAMETERS]; /* a free field; theories in both phases */
  double (*potential)(const double *value, double phi);
} theory;

static const theory theories[] = {
  {"phi4", {0.37, 0.15}, 0.37, {0.11, 0}, {{0.21, 0.022}, {0.5, 0.1}}, phi4_potential},
  {"quartic", {-0.8, 0.6, 0.37}, 0.37, {2, 0, 0.11}, {{-1, 0.4, 0}, {1, 0.4, 0.05}}, quartic_potential},
};
enum { THEORIES = sizeof theories / sizeof *theories };

/* A field over the ranks of a communicator, with what it takes to get its energy and force. */
typedef struct {
  sq_lattice *lattice;
  sq_field *phi;
  sq_halo *halo;
  double *block, *force;
} setup;

static void setup_make(MPI_Comm comm, int dim, const int64_t *extent, setup *s)
{
  TAP_CALL(sq_lattice_create(comm, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_field_create(s->lattice, 1, &s->phi));
  TAP_CALL(sq_halo_create_field(s->phi, SQ_HALO_FACES, &s->halo));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->block));
  TAP_CALL(sq_alloc(s->lattice->local_volume, &s->force));
}

static void setup_free(setup *s)
{
  sq_free(&s->block);
  sq_free(&s->force);
  TAP_CALL(sq_halo_destroy(&s->halo));
  TAP_CALL(sq_field_destroy(&s->phi));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* The global site of entry i of the block. */
static int64_t site_of(const sq_lattice *lattice, int64_t i)
{
  return sq_lattice_row_site(lattice, i / lattice->local[3]) + i % lattice->local[3];
}

/* Takes this rank's part of a field that every rank holds in full. */
static void set(setup *s, const double *global)
{
  for (int64_t i = 0; i < s->lattice->local_volume; i++) s->block[i] = global[site_of(s->lattice, i)];
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

static void random_field(int64_t volume, uint64_t member, double *global)
{
  sq_rng_normals(sq_stream_make(5, SQ_RNG_TEST, member), 0, volume, 0, 0, global);
}

/* The site one step further in direction mu, periodically. */
static int64_t neighbour(const sq_lattice *lattice, int64_t site, int mu)
{
  int64_t below = 1;
  for (int nu = SQ_DIM - 1; nu > mu; nu--) below *= lattice->extent[nu];
  int64_t x = site / below % lattice->extent[mu];
  return site + ((x + 1) % lattice->extent[mu] - x) * below;
}

/* The formula of the action, site by site. */
static double energy_written_out(const theory *t, const sq_lattice *lattice, const double *global)
{
  double sum = 0;
  for (int64_t x = 0; x < lattice->volume; x++) {
    sum += t->potential(t->value, global[x]);
    for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
      sum -= 2 * t->kappa * global[x] * global[neighbour(lattice, x, mu)];
  }
  return sum;
}

/* dS/dphi at a site by the five-point formula, exact for a quartic action up to rounding. */
static double derivative(const sq_action *action, setup *s, double *global, int64_t site)
{
  const double h = 0.125, phi = global[site];
  double f[5];
  for (int k = 0; k < 5; k++) {
    global[site] = phi + (k - 2) * h;
    f[k] = energy(action, s, global);
  }
  global[site] = phi;
  return (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
}

/* The largest deviation of the force from minus the derivative. */
static double force_error(const sq_action *action, setup *s, double *global)
{
  double worst = 0;
  for (int64_t site = 0; site < s->lattice->volume; site += 1 + s->lattice->volume / 64) {
    double slope = derivative(action, s, global, site);
    set(s, global);
    action->type->smooth->force(action, s->phi, s->force);
    for (int64_t i = 0; i < s->lattice->local_volume; i++)
      if (site_of(s->lattice, i) == site) tap_worst(&worst, fabs(s->force[i] + slope));
  }
  return worst;
}

static void test_energy_and_force(const theory *t, const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES];
  random_field(s->lattice->volume, 1, global);
  double written = energy_written_out(t, s->lattice, global);
  tap_near(energy(action, s, global), written, 1e-12 * (1 + fabs(written)) * (double)s->lattice->volume, name);
  double error = force_error(action, s, global);
  tap_check(error < 1e-10, "%s: force is minus the derivative of the energy", name);
}

/* The energy once more, from the potential of a site and the product of neighbours. */
static void test_site_and_hopping(const sq_action *action, setup *s, const char *name)
{
  const sq_action_type *type = action->type;
  const double h = 0.125;
  double global[MAX_SITES], sum = 0, slope, worst = 0, f[5];
  random_field(s->lattice->volume, 4, global);
  for (int64_t x = 0; x < s->lattice->volume; x++) {
    for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++)
      sum -= type->transfer->hop(action) * global[x] * global[neighbour(s->lattice, x, mu)];
    for (int k = 0; k < 5; k++) f[k] = type->transfer->site(action, global[x] + (k - 2) * h, &slope);
    sum += type->transfer->site(action, global[x], &slope);
    tap_worst(&worst, fabs(slope - (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h)));
  }
  tap_near(energy(action, s, global), sum, 1e-12 * (1 + fabs(sum)) * (double)s->lattice->volume,
           "the energy is that of sites and links");
  tap_check(worst < 1e-10, "%s: the slope of the potential of a site", name);
}

static void test_z2(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES], force[MAX_SITES];
  random_field(s->lattice->volume, 2, global);
  double plus = energy(action, s, global);
  action->type->smooth->force(action, s->phi, force);
  for (int64_t x = 0; x < s->lattice->volume; x++) global[x] = -global[x];
  bool same = energy(action, s, global) == plus;
  action->type->smooth->force(action, s->phi, s->force);
  for (int64_t i = 0; i < s->lattice->local_volume; i++) same = same && s->force[i] == -force[i];
  tap_check(same, "%s: Z2 to the last bit", name);
}

static void test_translation(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES], shifted[MAX_SITES];
  bool same = true;
  random_field(s->lattice->volume, 3, global);
  double before = energy(action, s, global);
  for (int mu = s->lattice->first_dir; mu < SQ_DIM; mu++) {
    for (int64_t x = 0; x < s->lattice->volume; x++) shifted[neighbour(s->lattice, x, mu)] = global[x];
    same = same && energy(action, s, shifted) == before;
  }
  tap_check(same, "%s: translations leave the energy alone to the last bit", name);
}

/* Cut over all ranks, and whole on every rank: the same bits. */
static void test_ranks(const sq_action *action, setup *cut, const char *name)
{
  double global[MAX_SITES];
  setup whole;
  setup_make(MPI_COMM_SELF, cut->lattice->dim, cut->lattice->extent + cut->lattice->first_dir, &whole);
  random_field(cut->lattice->volume, 4, global);
  bool same = energy(action, cut, global) == energy(action, &whole, global);
  action->type->smooth->force(action, cut->phi, cut->force);
  action->type->smooth->force(action, whole.phi, whole.force);
  for (int64_t i = 0; i < cut->lattice->local_volume; i++)
    same = same && cut->force[i] == whole.force[site_of(cut->lattice, i)];
  tap_check(same, "%s: the same energy and force however it is cut", name);
  setup_free(&whole);
}

/* sweep against its definition by the force, with and without unit ratio. */
static void test_sweep(const sq_action *action, setup *s, const char *name)
{
  double global[MAX_SITES], worst = 0;
  int64_t sites, planes = sq_field_planes(s->phi, &sites), volume = s->lattice->local_volume;
  double before[MAX_SITES], after[MAX_SITES];
  sq_field *next;
  TAP_CALL(sq_field_create(s->lattice, 1, &next));
  random_field(s->lattice->volume, 6, global);
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

/* A lattice with one more direction than the action: its layers know nothing of each other. */
static void test_stack(const theory *t)
{
  const int64_t extent[] = {3, 2}, layer[] = {2};
  double global[6], sum = 0;
  bool same = true;
  setup stack, single;
  sq_action action;
  TAP_CALL(sq_action_make(t->type, 1, t->value, &action));
  setup_make(MPI_COMM_SELF, 2, extent, &stack);
  setup_make(MPI_COMM_SELF, 1, layer, &single);
  random_field(6, 7, global);
  double all = energy(&action, &stack, global);
  action.type->smooth->force(&action, stack.phi, stack.force);
  for (int i = 0; i < 3; i++) {
    sum += energy(&action, &single, global + 2 * i);
    action.type->smooth->force(&action, single.phi, single.force);
    same = same && single.force[0] == stack.force[2 * i] && single.force[1] == stack.force[2 * i + 1];
  }
  tap_check(same && fabs(sum - all) < 1e-14 * (1 + fabs(sum)), "%s: leading directions number independent lattices",
            t->type);
  setup_free(&single);
  setup_free(&stack);
}

static void test_shape(const theory *t, int dim, const int64_t *extent)
{
  int ranks[SQ_DIM];
  char extents[64], name[80];
  setup s;
  sq_action action;
  if (!sq_lattice_can_share(dim, extent, tap.size, ranks)) return;
  sq_extents_text(dim, extent, extents, sizeof extents);
  snprintf(name, sizeof name, "%s on %s", t->type, extents);
  TAP_CALL(sq_action_make(t->type, dim, t->value, &action));
  setup_make(MPI_COMM_WORLD, dim, extent, &s);
  test_energy_and_force(t, &action, &s, name);
  test_sweep(&action, &s, name);
  test_site_and_hopping(&action, &s, name);
  test_z2(&action, &s, name);
  test_translation(&action, &s, name);
  test_ranks(&action, &s, name);
  setup_free(&s);
}

/* A plane wave is an eigenvector of the free force, with eigenvalue -1/G(p). */
static void test_free_propagator(const theory *t, int dim)
{
  const int64_t extent[] = {4, 5, 3, 6};
  const int n[] = {1, 2, 1, 2};
  double wave[MAX_SITES], cos_sum = 0, worst = 0;
  sq_action action;
  setup s;
  TAP_CALL(sq_action_make(t->type, dim, t->free, &action));
  setup_make(MPI_COMM_SELF, dim, extent, &s);
  for (int mu = 0; mu < dim; mu++) cos_sum += cos(2 * M_PI * n[mu] / (double)extent[mu]);
  for (int64_t x = 0; x < s.lattice->volume; x++) {
    double phase = 0.3;
    int64_t rest = x;
    for (int mu = dim - 1; mu >= 0; rest /= extent[mu--])
      phase += 2 * M_PI * n[mu] * (double)(rest % extent[mu]) / (double)extent[mu];
    wave[x] = cos(phase);
  }
  set(&s, wave);
  action.type->smooth->force(&action, s.phi, s.force);
  double G = sq_action_free_propagator(&action, cos_sum);
  for (int64_t x = 0; x < s.lattice->volume; x++) tap_worst(&worst, fabs(G * s.force[x] + wave[x]));
  tap_check(G > 0 && worst < 1e-14, "%s: the free propagator inverts the free force in d = %d", t->type, dim);
  setup_free(&s);
}

/* The ordered value against a scan of the uniform fields. */
static void test_ordered_value(const theory *t, int dim, const double *value)
{
  const int64_t extent[] = {2, 3, 2, 3};
  double global[MAX_SITES], best = 0, least = INFINITY;
  sq_action action;
  setup s;
  TAP_CALL(sq_action_make(t->type, dim, value, &action));
  setup_make(MPI_COMM_SELF, dim, extent, &s);
  for (double phi = 0; phi < 12; phi += 1.0 / 64) {
    for (int64_t x = 0; x < s.lattice->volume; x++) global[x] = phi;
    double S = energy(&action, &s, global);
    if (S < least) {
      least = S;
      best = phi;
    }
  }
  tap_check(fabs(sq_action_ordered_value(&action) - best) <= 1.0 / 64, "%s: ordered value at d = %d, %g and %g",
            t->type, dim, value[0], value[1]);
  setup_free(&s);
}

static void test_values(void)
{
  sq_action action, same;
  char text[256];
  const double value[] = {0.21, 1.0 / 3}, round[] = {0.21, 0.022};
  TAP_CALL(sq_action_make("phi4", 2, round, &action));
  sq_action_describe(&action, text, sizeof text);
  tap_check(strcmp(text, "phi4 kappa=0.21 lambda=0.022") == 0, "described in as many digits as needed");
  TAP_CALL(sq_action_make("phi4", 3, value, &action));
  sq_action_describe(&action, text, sizeof text);
  double back = strtod(strstr(text, "lambda=") + 7, NULL);
  tap_check(back == value[1], "the description gives the same value back");
  TAP_CALL(sq_action_make("phi4", 3, value, &same));
  tap_check(sq_action_equal(&action, &same), "equal actions are equal");
  same.value[1] = nextafter(same.value[1], 1);
  tap_check(!sq_action_equal(&action, &same), "one bit makes them different");
}

static void test_refusals(void)
{
  const double bad[][2] = {{NAN, 1}, {0.1, INFINITY}, {0.1, -0.1}, {INFINITY, 1}, {0.1, NAN}, {0.25, 0}, {-0.25, 0}};
  const double good[][2] = {{0.249, 0}, {-0.249, 0}, {-3, 0.01}};
  sq_action action;
  bool refused = true, accepted = true;
  PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL);
  for (int i = 0; i < 7; i++) refused = refused && sq_action_make("phi4", 2, bad[i], &action) == SQ_ERR_INPUT;
  for (int i = 0; i < 3; i++) accepted = accepted && sq_action_make("phi4", 2, good[i], &action) == 0;
  refused = refused && sq_action_make("quartic", 2, (const double[]){0.8, 0, 0.1}, &action) == SQ_ERR_INPUT &&
            sq_action_make("quartic", 1, (const double[]){1, -0.1, 0}, &action) == SQ_ERR_INPUT;
  accepted = accepted && sq_action_make("quartic", 2, (const double[]){0.81, 0, 0.1}, &action) == 0;
  tap_check(refused, "values that define no measure are refused");
  tap_check(accepted, "values that define one are accepted");
  tap_check(sq_action_make("phi3", 2, good[0], &action) == SQ_ERR_INPUT, "an unknown type is refused");
  tap_check(sq_action_make("phi4", 5, good[2], &action) == SQ_ERR_INPUT, "five dimensions are refused");
  PetscPopErrorHandler();
}

/* Turning the sign of one site changes S by the strengths of its links; a link of a site with itself does not count. */
static void test_bond(const char *name, int dim, const int64_t *extent, const double *value)
{
  double phi[MAX_SITES], worst = 0, strength[SQ_DIM * MAX_SITES];
  sq_action action;
  setup s;
  if (tap.size > 1) return;
  TAP_CALL(sq_action_make(name, dim, value, &action));
  setup_make(MPI_COMM_SELF, dim, extent, &s);
  random_field(s.lattice->volume, 3, phi);
  double before = energy(&action, &s, phi);
  for (int64_t x = 0; x < s.lattice->volume; x++) {
    double rise = 0;
    set(&s, phi);
    for (int64_t row = 0; row < s.lattice->volume / s.lattice->local[3]; row++) {
      action.type->bond->strength(&action, s.phi, sq_field_row(s.phi, row), s.lattice->local[3], strength);
      for (int k = 0; k < dim; k++)
        for (int64_t i = 0; i < s.lattice->local[3]; i++) {
          int64_t from = row * s.lattice->local[3] + i, to = neighbour(s.lattice, from, s.lattice->first_dir + k);
          if ((from == x) != (to == x)) rise += strength[k * s.lattice->local[3] + i];
        }
    }
    phi[x] = -phi[x];
    tap_worst(&worst, fabs(energy(&action, &s, phi) - before - rise));
    phi[x] = -phi[x];
  }
  tap_check(worst < 1e-10, "the strengths of links are what S changes by, %s, d = %d", name, dim);
  setup_free(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (const theory *t = theories; t < theories + THEORIES; t++) {
    for (int i = 0; i < SHAPES; i++) test_shape(t, shapes[i].dim, shapes[i].extent);
    for (int dim = 1; dim <= SQ_DIM; dim++) {
      test_free_propagator(t, dim);
      for (int k = 0; k < 2; k++) test_ordered_value(t, dim, t->ordered[k]);
    }
    test_stack(t);
  }
  for (int k = 0; k < 2; k++) {
    const char *name = k ? "quartic" : "phi4";
    const double *value[2] = {k ? (double[]){-1, 0.4, 0.3} : (double[]){0.3, 0.3},
                              k ? (double[]){1, 0.4, -0.2} : (double[]){-0.2, 0.3}};
    test_bond(name, 1, (int64_t[]){5}, value[0]);
    test_bond(name, 2, (int64_t[]){2, 3}, value[1]);
    test_bond(name, 3, (int64_t[]){4, 1, 3}, value[0]);
    test_bond(name, 4, (int64_t[]){2, 3, 2, 3}, value[1]);
  }
  test_values();
  test_refusals();
  return tap_end();
}

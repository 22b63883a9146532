/* SPDX-License-Identifier: BSD-3-Clause */
/* exact: closed forms against enumeration and transfer matrices, which share nothing with them, and against numbers
 * that were computed elsewhere. Serial. */
#include "squall/exact.h"
#include "tap.h"

static double off(double a, double b)
{
  return fabs(a - b) / (1 + fabs(b));
}

static double thermal_off(const sq_exact_thermal *a, const sq_exact_thermal *b)
{
  double worst = 0;
  tap_worst(&worst, off(a->log_Z, b->log_Z));
  tap_worst(&worst, off(a->energy, b->energy));
  tap_worst(&worst, off(a->specific_heat, b->specific_heat));
  tap_worst(&worst, off(a->entropy, b->entropy));
  return worst;
}

/* ---- Ising ---- */

static const double signs[][2] = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}, {2.5, 1}, {0.3, 1}, {1, 0}, {0, 1}, {0.2, -1.7}};
enum { SIGNS = sizeof signs / sizeof *signs };

/* All tori of up to 4 x 5 spins, the four boundary conditions, couplings of all signs. */
static void test_torus(void)
{
  static const double betas[] = {0, 0.11, 0.44068679350977, 1.3};
  double worst = 0, smallest = 1;
  for (int64_t a = 1; a <= 5; a++)
    for (int64_t b = 1; a * b <= 20 && b <= 5; b++)
      for (int k = 0; k < (a * b < 16 ? 4 * SIGNS : SIGNS); k++)
        for (int bc = 0; bc < 4; bc++) {
          const int64_t extent[] = {a, b};
          const bool twisted[] = {bc & 1, bc & 2};
          sq_exact_thermal box;
          sq_exact_moments moments;
          double beta = betas[a * b < 16 ? k / SIGNS : 2];
          TAP_CALL(sq_exact_ising_box(2, extent, beta, signs[k % SIGNS], twisted, &box, &moments));
          sq_exact_thermal torus = sq_exact_ising_torus(extent, beta, signs[k % SIGNS], twisted);
          double here = thermal_off(&torus, &box);
          if (!(here < 1e-11))
            printf("# %d x %d, beta %g, couplings %g %g, bc %d: %.12g %.12g %.12g, not %.12g %.12g %.12g\n", (int)a,
                   (int)b, beta, signs[k % SIGNS][0], signs[k % SIGNS][1], bc, torus.log_Z, torus.energy,
                   torus.specific_heat, box.log_Z, box.energy, box.specific_heat);
          tap_worst(&worst, here);
          smallest = fmin(smallest, moments.M2);
        }
  tap_check(worst < 1e-11 && smallest >= 0, "Kaufman's torus against all states of up to 4 x 5 spins (off by %.1e)",
            worst);
}

/* log Z and u of larger tori, as other programs have them. */
static void test_known_tori(void)
{
  static const struct {
    int64_t L;
    double beta, log_Z, energy;
  } known[] = {{4, 0.3, 12.785523325714, -0.844054073624},
               {8, 0.44, 60.076307527215, -1.48752554339},
               {16, 0.4, 225.228846755876, -1.13131798441},
               {16, 0.44068679350977, 238.642256635133, -1.45306485281},
               {32, 0.44068679350977, 952.648079548543, -1.43365846615},
               {128, 0.44068679350977, 15232.769323338779, -1.41907627208}};
  static const struct {
    int64_t L;
    double beta, ratio;
  } twists[] = {{8, 0, 0.3746466536},    {16, 0, 0.3733166757},    {64, 0, 0.3729117325},
                {8, 0.46, 0.2567470299}, {32, 0.46, 0.0620567544}, {64, 0.46, 0.00719977941}};
  const double one[] = {1, 1};
  double worst = 0;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    sq_exact_thermal t = sq_exact_ising_torus((int64_t[]){known[i].L, known[i].L}, known[i].beta, one, NULL);
    tap_worst(&worst, off(t.log_Z, known[i].log_Z));
    tap_worst(&worst, off(t.energy, known[i].energy));
  }
  tap_check(worst < 1e-11, "log Z and energy of tori up to 128 x 128 (off by %.1e)", worst);
  worst = 0;
  for (size_t i = 0; i < sizeof twists / sizeof *twists; i++)
    for (int mu = 0; mu < 2; mu++) {
      double beta = twists[i].beta > 0 ? twists[i].beta : 0.5 * log1p(sqrt(2));
      const int64_t extent[] = {twists[i].L, twists[i].L};
      const bool twisted[] = {mu == 0, mu == 1};
      double ratio = exp(sq_exact_ising_torus(extent, beta, one, twisted).log_Z -
                         sq_exact_ising_torus(extent, beta, one, NULL).log_Z);
      tap_worst(&worst, fabs(ratio / twists[i].ratio - 1));
    }
  tap_check(worst < 1e-9, "antiperiodic over periodic (off by %.1e)", worst);
}

/* Large lattices: no overflow, the limits of low and high temperature and of infinite volume. */
static void test_large_tori(void)
{
  const int64_t huge[] = {1024, 1024}, wide[] = {3, 256};
  const double one[] = {1, 1}, skew[] = {1, 0.25};
  double V = 1024. * 1024;
  sq_exact_thermal t = sq_exact_ising_torus(huge, 40, one, NULL);
  tap_check(off(t.log_Z, log(2) + 2 * V * 40) < 1e-13 && off(t.energy, -2) < 1e-13 && fabs(t.specific_heat) < 1e-12,
            "1024 x 1024 spins in order");
  t = sq_exact_ising_torus(huge, 1e4, skew, NULL);
  tap_check(off(t.log_Z, log(2) + 1.25 * V * 1e4) < 1e-13, "couplings of 10^4");
  t = sq_exact_ising_torus(huge, 0, one, NULL);
  tap_check(off(t.log_Z, V * log(2)) < 1e-13 && fabs(t.energy) < 1e-13 && off(t.entropy, log(2)) < 1e-13, "and without "
                                                                                                          "coupling");
  /* Onsager at the critical point: log Z/V = log(2)/2 + 2 G/pi, u = -sqrt(2); on L x L, u + sqrt(2) falls as 1/L */
  t = sq_exact_ising_torus(huge, 0.5 * log1p(sqrt(2)), one, NULL);
  tap_check(fabs(t.log_Z / V - 0.929695398341610) < 1e-6 && fabs(t.energy + sqrt(2)) < 1e-3, "and at the critical "
                                                                                             "point");
  /* a wall against the box: e^{-2 beta L} in the cold, on a ring of three it stands anywhere */
  sq_exact_thermal twisted = sq_exact_ising_torus(wide, 20, one, (const bool[]){true, false});
  t = sq_exact_ising_torus(wide, 20, one, NULL);
  tap_check(off(twisted.log_Z - t.log_Z, log(3) - 2 * 20 * 256.) < 1e-13, "a wall that weighs e^-10240");
  tap_check(fabs(twisted.specific_heat) < 1e-9, "and cannot be excited");
}

/* Transfer matrices of strips: against the torus in two dimensions, against all states in three and four. */
static void test_strips(void)
{
  static const double coupling[] = {0.7, 1, 1, 1}, frustrated[] = {1, -1, 0.5, 1};
  double worst = 0, worst_box = 0;
  for (int64_t W = 1; W <= 7; W++)
    for (int bc = 0; bc < 4; bc++) {
      const int64_t extent[] = {W == 5 ? 1000 : 7 + W, W};
      const bool twisted[] = {bc & 1, bc & 2};
      sq_exact_thermal strip, torus = sq_exact_ising_torus(extent, 0.47, frustrated, twisted);
      sq_exact_moments moments;
      TAP_CALL(sq_exact_ising_strip(2, extent, 0.47, frustrated, twisted, &strip, &moments));
      tap_worst(&worst, thermal_off(&strip, &torus));
    }
  tap_check(worst < 1e-10, "transfer matrices of strips against the torus (off by %.1e)", worst);
  for (int bc = 0; bc < 16; bc++) {
    static const int64_t extents[][4] = {{3, 2, 2, 1}, {2, 3, 2, 0}, {1, 2, 3, 1}, {4, 2, 2, 0}};
    const int64_t *extent = extents[bc % 4];
    const bool twisted[] = {bc & 1, bc & 2, bc & 4, bc & 8};
    int dim = extent[3] ? 4 : 3;
    sq_exact_thermal strip, box;
    sq_exact_moments of_strip, of_box;
    TAP_CALL(sq_exact_ising_strip(dim, extent, 0.3, bc % 3 ? coupling : frustrated, twisted, &strip, &of_strip));
    TAP_CALL(sq_exact_ising_box(dim, extent, 0.3, bc % 3 ? coupling : frustrated, twisted, &box, &of_box));
    tap_worst(&worst_box, thermal_off(&strip, &box));
    if (!twisted[0]) tap_worst(&worst_box, off(of_strip.M2, of_box.M2));
  }
  tap_check(worst_box < 1e-12, "and against all states in three and four dimensions (off by %.1e)", worst_box);
}

/* A ring: Z = (2 cosh K)^L + (2 sinh K)^L; <m^2> without coupling is 1/V, in order all moments are 1. */
static void test_simple_spins(void)
{
  const int64_t ring[] = {11, 1}, box[] = {3, 2, 2};
  const double K = 0.8, c[] = {1, 0, 0}, all[] = {1, 1, 1};
  sq_exact_thermal t = sq_exact_ising_torus(ring, K, c, NULL);
  sq_exact_moments m;
  tap_near(t.log_Z, log(pow(2 * cosh(K), 11) + pow(2 * sinh(K), 11)), 1e-13, "a ring");
  t = sq_exact_ising_torus(ring, -K, c, NULL);
  tap_near(t.log_Z, log(pow(2 * cosh(K), 11) - pow(2 * sinh(K), 11)), 1e-13, "a frustrated ring");
  TAP_CALL(sq_exact_ising_box(3, box, 0, all, NULL, &t, &m));
  tap_check(off(m.M2, 1. / 12) < 1e-14 && off(m.M4, (3 - 2. / 12) / 144) < 1e-14, "moments of free spins");
  TAP_CALL(sq_exact_ising_box(3, box, 30, all, NULL, &t, &m));
  tap_check(off(m.abs_M, 1) < 1e-14 && off(t.log_Z, log(2) + 3 * 12 * 30.) < 1e-14, "and of all in line");
}

/* ---- Bessel functions ---- */

static void test_bessel(void)
{
  enum { COUNT = 40 };
  static const double xs[] = {1e-6, 0.3, 1, 7.5, 60, 900};
  long double f[COUNT];
  double worst = 0;
  sq_exact_bessel(2, 1, COUNT, f);
  tap_worst(&worst, fabs((double)(f[0] * expl(1)) / 1.266065877752008336 - 1));
  tap_worst(&worst, fabs((double)(f[1] * expl(1)) / 0.565159103992485027 - 1));
  tap_worst(&worst, fabs((double)(f[10] * expl(1)) / 2.752948039836874e-10 - 1));
  sq_exact_bessel(2, -10, COUNT, f);
  tap_worst(&worst, fabs((double)(-f[5] * expl(10)) / 777.188286403259970 - 1));
  sq_exact_bessel(2, 1000, COUNT, f);
  tap_worst(&worst, fabs((double)f[0] / 0.0126172404558912630 - 1));
  tap_check(worst < 1e-13, "Bessel functions as tables have them (off by %.1e)", worst);
  worst = 0;
  for (size_t i = 0; i < sizeof xs / sizeof *xs; i++) {
    double x = xs[i], e = exp(-2 * x), sinh_x = -expm1(-2 * x) / 2, cosh_x = (1 + e) / 2;
    sq_exact_bessel(1, x, COUNT, f);
    tap_worst(&worst, fmax(fabs((double)f[0] / cosh_x - 1), fabs((double)f[1] / sinh_x - 1)));
    sq_exact_bessel(3, x, COUNT, f);
    tap_worst(&worst, fabs((double)f[0] * x / sinh_x - 1));
    double f1 = x < 1e-3 ? x / 3 * exp(-x) : (cosh_x - sinh_x / x) / x;
    tap_worst(&worst, fabs((double)f[1] / f1 - 1));
    for (int N = 1; N <= 5; N++) { /* e^{x cos gamma} at gamma = 0 */
      double sum = 0;
      sq_exact_bessel(N, 0.1 * x, COUNT, f);
      for (int l = COUNT - 1; l >= 0 && x < 100; l--) sum += sq_exact_harmonics(N, l) * (double)f[l];
      if (x < 100) tap_worst(&worst, fabs(sum - 1));
    }
  }
  tap_check(worst < 1e-13, "and in one to five dimensions (off by %.1e)", worst);
}

/* ---- XY ---- */

/* Sums over angles 2 pi k/POINTS, which are exact as long as no more than that many powers of e^{i theta} matter. */
enum { POINTS = 14, ANGLES = 6 };

static void sum_angles(const int64_t extent[2], double beta, sq_exact_angles *a)
{
  int V = (int)(extent[0] * extent[1]);
  long states = 1;
  long double Z = 0, E = 0, E2 = 0, H[2] = {0, 0};
  for (int x = 1; x < V; x++) states *= POINTS; /* that of site 0 is 0 */
  for (long n = 0; n < states; n++) {
    double theta[ANGLES] = {0}, C[2] = {0, 0}, S[2] = {0, 0};
    long rest = n;
    for (int x = 1; x < V; x++, rest /= POINTS) theta[x] = 2 * M_PI / POINTS * (double)(rest % POINTS);
    for (int t = 0; t < extent[0]; t++)
      for (int x = 0; x < extent[1]; x++)
        for (int mu = 0; mu < 2; mu++) {
          int64_t to = (t + !mu) % extent[0] * extent[1] + (x + mu) % extent[1];
          double difference = theta[to] - theta[t * extent[1] + x];
          C[mu] += cos(difference);
          S[mu] += sin(difference);
        }
    long double w = expl(beta * (C[0] + C[1])) / states;
    Z += w;
    E -= w * (C[0] + C[1]);
    E2 += w * (C[0] + C[1]) * (C[0] + C[1]);
    for (int mu = 0; mu < 2; mu++) H[mu] += w * (C[mu] - beta * S[mu] * S[mu]);
  }
  a->thermal = (sq_exact_thermal){(double)logl(Z), (double)(E / Z / V),
                                  beta * beta * (double)(E2 / Z - E / Z * E / Z) / V,
                                  (double)(logl(Z) + beta * E / Z) / V};
  for (int mu = 0; mu < 2; mu++) a->helicity[mu] = (double)(H[mu] / Z / V);
}

static void test_angles(void)
{
  static const int64_t extents[][2] = {{1, 1}, {1, 2}, {3, 1}, {2, 2}, {2, 3}, {1, 5}, {5, 1}, {3, 2}};
  double worst = 0;
  for (size_t i = 0; i < sizeof extents / sizeof *extents; i++) {
    sq_exact_angles sum, dual;
    sum_angles(extents[i], 0.6, &sum);
    TAP_CALL(sq_exact_xy(2, extents[i], 0.6, &dual));
    double here = thermal_off(&dual.thermal, &sum.thermal);
    for (int mu = 0; mu < 2; mu++) here = fmax(here, off(dual.helicity[mu], sum.helicity[mu]));
    if (!(here < 1e-8))
      printf("# XY %d x %d: log Z %.12g, not %.12g; helicity %.10g %.10g, not %.10g %.10g\n", (int)extents[i][0],
             (int)extents[i][1], dual.thermal.log_Z, sum.thermal.log_Z, dual.helicity[0], dual.helicity[1],
             sum.helicity[0], sum.helicity[1]);
    tap_worst(&worst, here);
  }
  for (size_t i = 1; i < 4; i += 2) { /* 1 x 2, 2 x 2 */
    sq_exact_angles sum, dual;
    sum_angles(extents[i], -0.6, &sum);
    TAP_CALL(sq_exact_xy(2, extents[i], -0.6, &dual));
    tap_worst(&worst, thermal_off(&dual.thermal, &sum.thermal));
    for (int mu = 0; mu < 2; mu++) tap_worst(&worst, off(dual.helicity[mu], sum.helicity[mu]));
  }
  tap_check(worst < 1e-8, "currents of XY against sums over angles (off by %.1e)", worst);
}

/* A ring is a sum of powers; both directions of a torus; numbers of other programs. */
static void test_known_angles(void)
{
  static const struct {
    int64_t L;
    double beta, log_Z, energy, helicity;
  } known[] = {{3, 1, 6.565520410104, -1.45531767, 0.6997268}, {4, 0.5, 2.197240206, -0.60740895, 0.1074260}};
  sq_exact_angles a, b;
  long double f[40], Z = 0, K2 = 0;
  double worst = 0;
  sq_exact_bessel(2, 1.3, 40, f);
  for (int n = 39; n >= 0; n--) Z += (n ? 2 : 1) * powl(f[n], 9), K2 += 2 * n * n * powl(f[n], 9);
  TAP_CALL(sq_exact_xy(1, (int64_t[]){9}, 1.3, &a));
  tap_near(a.thermal.log_Z, (double)logl(Z) + 9 * 1.3, 1e-13, "a ring of angles");
  tap_near(a.helicity[0], 9 * (double)(K2 / Z) / 1.3, 1e-13, "and its helicity modulus");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    TAP_CALL(sq_exact_xy(2, (int64_t[]){known[i].L, known[i].L}, known[i].beta, &a));
    tap_worst(&worst, fabs(a.thermal.log_Z - known[i].log_Z) / 10);
    tap_worst(&worst, fabs(a.thermal.energy - known[i].energy));
    tap_worst(&worst, fabs(a.helicity[0] - known[i].helicity) / 10);
  }
  tap_check(worst < 1e-8, "tori of 3 x 3 and 4 x 4 angles (off by %.1e)", worst);
  TAP_CALL(sq_exact_xy(3, (int64_t[]){3, 1, 50}, 1.4, &a));
  TAP_CALL(sq_exact_xy(2, (int64_t[]){50, 3}, 1.4, &b));
  worst = fmax(off(a.thermal.log_Z, b.thermal.log_Z + 150 * 1.4), off(a.helicity[0], b.helicity[1]));
  worst = fmax(worst, fmax(off(a.helicity[2], b.helicity[0]), off(a.helicity[1], 1)));
  tap_check(worst < 1e-12, "directions may change places, a direction of one site adds what it must");
}

/* ---- U(1) ---- */

/* The charge of three plaquettes, by the midpoint rule: the third angle is what closes the sum to 2 pi Q. */
static double sum_charge(double beta)
{
  enum { N = 601 }; /* odd: no point is on the edge between two charges */
  double Z = 0, Q2 = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double a = 2 * M_PI * (i + 0.5) / N - M_PI, b = 2 * M_PI * (j + 0.5) / N - M_PI, Q = rint((a + b) / (2 * M_PI));
      double w = exp(beta * (cos(a) + cos(b) + cos(a + b)));
      Z += w;
      Q2 += w * Q * Q;
    }
  return Q2 / Z;
}

static void test_gauge(void)
{
  static const struct {
    int64_t L;
    double beta, plaquette, Q2, log_Z;
  } known[] = {{16, 1, 0.446389965897, 10.40287644, 60.3940757778},
               {8, 3, 0.809985547412, 0.7078430083, 101.459690573},
               {16, 7, 0.925532210854, 1.006414158, 1312.63818627}};
  double worst = 0, loop;
  sq_exact_gauge g;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const int64_t extent[] = {known[i].L, known[i].L};
    TAP_CALL(sq_exact_u1(extent, known[i].beta, &g));
    tap_worst(&worst, off(g.plaquette, known[i].plaquette));
    tap_worst(&worst, off(g.Q2, known[i].Q2));
    tap_worst(&worst, off(g.thermal.log_Z, known[i].log_Z));
    TAP_CALL(sq_exact_u1_wilson(extent, known[i].beta, 1, &loop));
    tap_worst(&worst, off(loop, g.plaquette));
    TAP_CALL(sq_exact_u1_wilson(extent, known[i].beta, extent[0] * extent[1], &loop));
    tap_worst(&worst, off(loop, 1));
  }
  tap_check(worst < 1e-9, "plaquette, charge, log Z and loops of U(1) (off by %.1e)", worst);
  TAP_CALL(sq_exact_u1((int64_t[]){3, 1}, 0.7, &g));
  tap_near(g.Q2, sum_charge(0.7), 2e-6, "the charge of three plaquettes");
  TAP_CALL(sq_exact_u1((int64_t[]){1, 3}, -0.8, &g)); /* every other term is negative */
  tap_near(g.Q2, sum_charge(-0.8), 1e-5, "the charge of three plaquettes at beta < 0");
  TAP_CALL(sq_exact_u1((int64_t[]){1, 1}, 1.7, &g));
  tap_check(off(g.thermal.log_Z, 1.7) < 1e-14 && off(g.plaquette, 1) < 1e-14 && g.Q2 == 0, "one plaquette is closed");
  TAP_CALL(sq_exact_u1((int64_t[]){16, 16}, 1e7, &g));
  tap_check(fabs(g.plaquette - 1 + 255. / 256 / 2e7) < 1e-13 && isnan(g.Q2), "cold links have no charge to speak of");
  TAP_CALL(sq_exact_u1((int64_t[]){64, 64}, 500, &g)); /* Gaussian: <1 - cos> = (V - 1)/(2 V beta) + O(beta^-2) */
  tap_near(1 - g.plaquette, 4095. / 4096 / 1000, 1e-6, "weak coupling");
}

/* ---- fields of several components ---- */

static double field_off(const sq_exact_field *a, const sq_exact_field *b)
{
  double worst = off(a->log_Z, b->log_Z);
  tap_worst(&worst, off(a->phi2, b->phi2));
  tap_worst(&worst, off(a->phi4, b->phi4));
  return worst;
}

static void test_free_fields(void)
{
  static const int64_t extents[][2] = {{1, 1}, {2, 1}, {1, 7}, {40, 1}, {2, 5}, {2, 2}};
  double worst = 0;
  for (int N = 1; N <= 4; N++)
    for (size_t i = 0; i < (N == 1 ? 6 : 4); i++) {
      sq_exact_field box, modes;
      double hop = N == 4 ? -0.21 : 0.21;
      TAP_CALL(sq_exact_field_box(N, 2, extents[i], 1, 0, hop, &box));
      TAP_CALL(sq_exact_field_free(N, 2, extents[i], 1, hop, &modes));
      tap_worst(&worst, field_off(&box, &modes));
    }
  tap_check(worst < 1e-9, "free fields of one to four components, by modes and by radii (off by %.1e)", worst);
}

/* 2 x 2 sites by the trapezoid rule, and what they say of one component. */
static void test_quartic_box(void)
{
  enum { N = 40 };
  const double u2 = 0.9, u4 = 0.05, hop = 0.4, reach = 4.6, h = 2 * reach / (N - 1);
  double Z = 0, second = 0, fourth = 0;
  for (int i = 0; i < N * N; i++)
    for (int j = 0; j < N * N; j++) {
      double a[] = {h * (i / N) - reach, h * (i % N) - reach, h * (j / N) - reach, h * (j % N) - reach}, S = 0;
      for (int k = 0; k < 4; k++) S += (u2 + u4 * a[k] * a[k]) * a[k] * a[k];
      S -= 2 * hop * (a[0] * a[1] + a[2] * a[3] + a[0] * a[2] + a[1] * a[3]);
      double w = exp(-S);
      Z += w;
      second += w * a[0] * a[0];
      fourth += w * a[0] * a[0] * a[0] * a[0];
    }
  sq_exact_field sum = {log(Z) + 4 * log(h), second / Z, fourth / Z}, box;
  TAP_CALL(sq_exact_field_box(1, 2, (int64_t[]){2, 2}, u2, u4, hop, &box));
  tap_check(field_off(&box, &sum) < 1e-7, "2 x 2 sites with a quartic potential (off by %.1e)", field_off(&box, &sum));
  TAP_CALL(sq_exact_field_box(3, 1, (int64_t[]){1}, u2 + hop, u4, hop, &box));
  Z = second = 0;
  for (int i = 0; i < 4000; i++) {
    double r = 8 * (i + 0.5) / 4000, w = r * r * exp(-(u2 + u4 * r * r) * r * r);
    Z += w;
    second += w * r * r;
  }
  tap_near(box.log_Z, log(4 * M_PI * Z * 8 / 4000), 1e-9, "one site of three components");
  tap_near(box.phi2, second / Z, 1e-9, "and its <phi^2>");
  TAP_CALL(sq_exact_field_box(2, 1, (int64_t[]){3}, -1999, 1000, 0.3, &box));
  tap_near(box.phi2, 1, 1e-3, "a length that is all but fixed");
}

static void test_complex(void)
{
  static const struct {
    int dim;
    int64_t extent[2];
    double mu, log_Z, density, phi2;
  } known[] = {{1, {8, 1}, 1, -11.95676319, 0.4300390, 0.4876705},
               {1, {32, 1}, 1.1, -48.72101883, 0.6293924, 0.5417623},
               {2, {4, 2}, 0.9, -15.2432003, 0.443511, 0.420143},
               {2, {8, 2}, 0.5, -32.1035565, 0.0107285, 0.2948851},
               {2, {16, 2}, 0.9, -63.9926304, 0.1194646, 0.3289299}};
  double worst = 0;
  sq_exact_complex c, d;
  sq_exact_field two;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    TAP_CALL(sq_exact_complex_box(known[i].dim, known[i].extent, 2 * known[i].dim + 0.01, 1, known[i].mu, &c));
    tap_worst(&worst, fabs(c.log_Z - known[i].log_Z));
    tap_worst(&worst, fabs(c.density - known[i].density));
    tap_worst(&worst, fabs(c.phi2 - known[i].phi2));
  }
  tap_check(worst < 6e-7, "the complex scalar at finite density (off by %.1e)", worst);
  TAP_CALL(sq_exact_complex_free(2, (int64_t[]){16, 8}, 4.25, 0.4, &c));
  tap_check(fabs(c.density - 0.03514685) < 1e-8 && fabs(c.phi2 - 0.41462083) < 1e-8, "and without interaction");
  TAP_CALL(sq_exact_complex_box(1, (int64_t[]){5}, 2.3, 0, -0.3, &c));
  TAP_CALL(sq_exact_complex_free(1, (int64_t[]){5}, 2.3, -0.3, &d));
  worst = fmax(off(c.log_Z, d.log_Z), fmax(off(c.density, d.density), off(c.phi2, d.phi2)));
  tap_check(worst < 1e-9 && off(c.phi4, d.phi4) < 1e-9, "radii against modes, mu < 0 (off by %.1e)", worst);
  /* two sites along time are two of a slice of one time: another matrix; mu winds for itself where time has one site */
  TAP_CALL(sq_exact_complex_box(2, (int64_t[]){1, 2}, 4.3, 0.7, 0, &c));
  TAP_CALL(sq_exact_field_box(2, 2, (int64_t[]){2, 1}, 4.3, 0.7, 2, &two));
  worst = fmax(off(c.log_Z, two.log_Z - 2 * log(2 * M_PI)), fmax(off(c.phi2, two.phi2), off(c.phi4, two.phi4)));
  tap_check(worst < 1e-9, "pairs of sites against a chain of two (off by %.1e)", worst);
  TAP_CALL(sq_exact_complex_box(1, (int64_t[]){1}, 4.3, 0.7, 0.5, &c));
  TAP_CALL(sq_exact_complex_box(1, (int64_t[]){1}, 4.3 - 2 * cosh(0.5) + 2, 0.7, 0, &d));
  tap_check(off(c.log_Z, d.log_Z) < 1e-10 && off(c.density, 2 * sinh(0.5) * c.phi2) < 1e-9, "one site winds by itself");
}

static void test_refusals(void)
{
  const int64_t large[] = {3, 3, 3};
  const double c[] = {1, 1, 1};
  sq_exact_thermal t;
  sq_exact_moments m;
  bool refused = sq_exact_ising_box(3, large, 0.1, c, NULL, &t, &m) == SQ_ERR_INPUT;
  refused = refused && sq_exact_ising_strip(3, (int64_t[]){3, 11, 1}, 0.1, c, NULL, &t, &m) == SQ_ERR_INPUT;
  sq_exact_angles a;
  refused = refused && sq_exact_xy(2, (int64_t[]){8, 8}, 1, &a) == SQ_ERR_INPUT;
  refused = refused && sq_exact_xy(3, (int64_t[]){2, 2, 2}, 1, &a) == SQ_ERR_INPUT;
  refused = refused && sq_exact_xy(1, (int64_t[]){5}, 0, &a) == SQ_ERR_INPUT;
  refused = refused && sq_exact_xy(1, (int64_t[]){5}, -1, &a) == SQ_ERR_INPUT;
  sq_exact_field f;
  sq_exact_complex z;
  refused = refused && sq_exact_field_box(3, 2, (int64_t[]){2, 2}, 1, 1, 0.1, &f) == SQ_ERR_INPUT;
  refused = refused && sq_exact_field_box(1, 2, (int64_t[]){3, 4}, 1, 1, 0.1, &f) == SQ_ERR_INPUT;
  refused = refused && sq_exact_field_box(1, 1, (int64_t[]){3}, 1, 0, 1, &f) == SQ_ERR_INPUT;
  refused = refused && sq_exact_field_free(1, 1, (int64_t[]){3}, 1, 1, &f) == SQ_ERR_INPUT;
  refused = refused && sq_exact_complex_free(1, (int64_t[]){3}, 2.1, 1, &z) == SQ_ERR_INPUT;
  refused = refused && sq_exact_complex_box(2, (int64_t[]){2, 3}, 4.1, 1, 0.1, &z) == SQ_ERR_INPUT;
  tap_check(refused, "what is too large is refused");
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_torus();
  test_known_tori();
  test_large_tori();
  test_strips();
  test_simple_spins();
  test_bessel();
  test_angles();
  test_known_angles();
  test_gauge();
  test_free_fields();
  test_quartic_box();
  test_complex();
  test_refusals();
  return tap_end();
}

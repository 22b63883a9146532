/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole ensembles of numbers: rows of measure.csv as the stages make them, and the verdicts on them. Their columns are
 * built on AR(1) chains, so that every average is known. p: tau_int, chains, length in all over tau_int, what is wrong.
 */
#include "tests/calibration/calibrate.h"
#include "squall/hmc.h"
#include <string.h>

enum { SIDE = 16, VOLUME = SIDE * SIDE };
static const double mode = 60; /* G at the lowest momentum; V <M^2> = 256 */

/* What may be wrong with an ensemble, by `size`. */
typedef enum { NOTHING, CHAINS_APART, ALL_SHIFTED, IDENTITY_SHIFTED } wrong;

typedef struct {
  sq_ensemble e;
  double *storage, *scratch;
} made;

static void put(made *m, const char *name, int64_t i, double x)
{
  m->e.column[sq_obs_column(m->e.theory, name)][i] = x;
}

/* Record i from slow numbers z, u and v of it, all with mean 0 and variance 1, and white ones w. */
static void put_record(made *m, int64_t i, double z, double u, double v, const double w[4], double shift,
                       double identity)
{
  double phi2 = 2 + 0.02 * (z * z - 1) + 0.1 * (u + shift);
  put(m, "M", i, z);
  put(m, "phi2", i, phi2);
  put(m, "phi4", i, 4 + 5 * (phi2 - 2) + 0.1 * w[0]);
  put(m, "link", i, 1 + 0.8 * (phi2 - 2) + 0.02 * w[1]);
  put(m, "action_density", i, 0.45 - 0.3 * (phi2 - 2) + 0.03 * w[2]);
  put(m, "schwinger_dyson", i, 1 + 0.02 * u + 0.05 * w[3] + identity);
  put(m, "G_pmin", i, mode * v * v);
}

/* Numbers of mean 0 at equal distances, with the deviation 1. */
static void spread_out(int count, double *x)
{
  double square = 0;
  for (int i = 0; i < count; i++) square += pow(i - 0.5 * (count - 1), 2);
  for (int i = 0; i < count; i++) x[i] = (i - 0.5 * (count - 1)) / sqrt(square / PetscMax(1, count - 1));
}

static void make(uint64_t seed, const double *p, wrong kind, double size, made *m)
{
  int chains = (int)p[1], columns;
  int64_t length = (int64_t)(p[0] * p[2] / p[1]), n = length * chains;
  double *z, *apart, tau = p[0];
  *m = (made){
    .e = {.name = "training", .dim = 2, .extent = {1, 1, SIDE, SIDE}, .count = n, .acceptance = NAN, .alpha = 1}};
  m->e.thermalisation = m->e.tau_int = m->e.tau_int_error = m->e.disagreement = m->e.eps = m->e.order = NAN;
  m->e.exp_dH = m->e.exp_dH_error = m->e.exp_dH_k_hat = m->e.invalid_share = m->e.never_moved = NAN;
  m->e.theory = sq_action_types[0];
  columns = sq_obs_columns(m->e.theory);
  CALIBRATE(sq_alloc((columns + 8) * n, &m->storage));
  for (int c = 0; c < columns; c++) m->e.column[c] = m->storage + c * n;
  m->e.chain = m->storage + columns * n;
  z = m->e.chain + n;
  CALIBRATE(sq_alloc(chains, &apart));
  spread_out(chains, apart);
  autoregressive(seed, 0, tau, chains, length, z);
  autoregressive(seed, 1, fmax(0.5, tau / 3), chains, length, z + n);
  autoregressive(seed, 2, fmax(0.5, tau / 2), chains, length, z + 2 * n);
  normals(seed, 3, 4 * n, z + 3 * n);
  for (int64_t i = 0; i < n; i++) {
    double w[4], shift = kind == CHAINS_APART ? size * apart[i / length] : kind == ALL_SHIFTED ? size : 0;
    for (int k = 0; k < 4; k++) w[k] = z[(3 + k) * n + i];
    m->e.chain[i] = (double)(i / length);
    put_record(m, i, z[i], z[n + i], z[2 * n + i], w, shift, kind == IDENTITY_SHIFTED ? size : 0);
  }
  sq_free(&apart);
  CALIBRATE(sq_obs_analyse(m->e.theory, m->e.dim, m->e.extent, n, (const double *const *)m->e.column, m->e.chain, NULL,
                           &m->e.table));
}

/* ---- rows ---- */

/* The row number p[3]. */
static void row(uint64_t seed, const double *p, trial *t)
{
  const struct {
    const char *name;
    double truth;
  } known[] = {{"M", 0},
               {"abs_M", sqrt(2 / M_PI)},
               {"M2", 1},
               {"phi2", 2},
               {"action_density", 0.45},
               {"chi2", VOLUME},
               {"chi_abs", VOLUME * (1 - 2 / M_PI)},
               {"U_L", 0},
               {"G_pmin", mode},
               {"xi", sqrt(VOLUME / mode - 1) / (2 * sin(M_PI / SIDE))},
               {"schwinger_dyson", 1}};
  int k = (int)p[3];
  made m;
  sq_verdicts v = {0};
  make(seed, p, NOTHING, 0, &m);
  CALIBRATE(sq_verdicts_judge(NULL, &m.e, 1, &v));
  const sq_estimate *x = sq_obs_find(&m.e.table, known[k].name);
  *t = (trial){.value = NAN, .error = NAN};
  if (x)
    *t = (trial){
      .value = x->value, .error = x->error, .truth = known[k].truth, .trusted = sq_verdicts_trusted(&v, m.e.name)};
  sq_verdicts_clear(&v);
  sq_free(&m.storage);
}

/* ---- verdicts ---- */

static bool fails(const made *m, const char *check, const char *or_check)
{
  sq_verdicts v = {0};
  bool failed = false;
  CALIBRATE(sq_verdicts_judge(NULL, &m->e, 1, &v));
  for (int i = 0; i < v.count; i++)
    failed = failed || (!v.row[i].passed && (!strcmp(v.row[i].check, check) || !strcmp(v.row[i].check, or_check)));
  sq_verdicts_clear(&v);
  return failed;
}

static void judge(uint64_t seed, const double *p, wrong kind, const char *check, const char *or_check, trial *t)
{
  made m;
  make(seed, p, kind, p[3], &m);
  t->alarm = fails(&m, check, or_check);
  sq_free(&m.storage);
}

static void contradict(uint64_t seed, const double *p, trial *t)
{
  judge(seed, p, CHAINS_APART, "replicas", "r_hat", t);
}

static void contradict_by_means(uint64_t seed, const double *p, trial *t)
{
  judge(seed, p, CHAINS_APART, "replicas", "replicas", t);
}

static void too_short(uint64_t seed, const double *p, trial *t)
{
  judge(seed, p, NOTHING, "length", "length", t);
}

static void identity(uint64_t seed, const double *p, trial *t)
{
  judge(seed, p, IDENTITY_SHIFTED, "schwinger_dyson", "schwinger_dyson", t);
}

static void symmetry(uint64_t seed, const double *p, trial *t)
{
  judge(seed, p, NOTHING, "symmetry", "symmetry", t);
}

/* A second ensemble that is shifted against the first: "differs", as compare says. */
static void differs(uint64_t seed, const double *p, trial *t)
{
  made a, b;
  sq_obs_comparison c;
  make(2 * seed, p, NOTHING, 0, &a);
  make(2 * seed + 1, p, ALL_SHIFTED, p[3], &b);
  sq_obs_compare(&b.e.table, &a.e.table, &c);
  t->alarm = c.worst > sq_sigmas_agree; /* not where it cannot be judged */
  sq_free(&a.storage);
  sq_free(&b.storage);
}

/* Hot against ordered starts: 8 chains and 2 probes over the second half of thermalisation, shifted by p[3]. */
static void starts(uint64_t seed, const double *p, trial *t)
{
  enum { PRODUCTION = 8, PROBES = 2, CHAINS = PRODUCTION + PROBES };
  int64_t rows = (int64_t)(p[0] * p[2] / PRODUCTION);
  double *x, worst = 0;
  sq_estimate e[2];
  sq_history h = {.chains = CHAINS, .rows = rows, .capacity = rows};
  CALIBRATE(sq_alloc(CHAINS * rows * SQ_HISTORY_COLUMNS, &h.value));
  CALIBRATE(sq_alloc(3 * CHAINS * rows, &x));
  for (int k = 0; k < 3; k++)
    autoregressive(seed, k, k ? fmax(0.5, p[0] / 3) : p[0], CHAINS, rows, x + k * CHAINS * rows);
  for (int64_t i = 0; i < CHAINS * rows; i++) {
    double shift = i / rows < PRODUCTION ? 0 : p[3], *to = h.value + i * SQ_HISTORY_COLUMNS;
    to[SQ_HISTORY_M] = x[i];
    to[SQ_HISTORY_ACTION] = x[CHAINS * rows + i] + shift;
    to[SQ_HISTORY_SD] = x[2 * CHAINS * rows + i];
  }
  for (int w = 0; w < SQ_WATCHED; w++) {
    CALIBRATE(sq_history_estimate(&h, 0, PRODUCTION, 0, (sq_watched)w, &e[0]));
    CALIBRATE(sq_history_estimate(&h, PRODUCTION, PROBES, 0, (sq_watched)w, &e[1]));
    worst = fmax(worst, fabs(sq_sigmas(&e[0], &e[1])));
  }
  t->alarm = !(worst < sq_sigmas_starts);
  sq_free(&x);
  sq_free(&h.value);
}

#define TRUSTED(name, number)                                                                                          \
  {name, "AR(1) tau 5, 8 chains, 100 tau_int", INTERVAL, 500, row, {5, 8, 100, number}},                               \
  {                                                                                                                    \
    name, "AR(1) tau 5, 8 chains, 400 tau_int", INTERVAL, 500, row,                                                    \
    {                                                                                                                  \
      5, 8, 400, number                                                                                                \
    }                                                                                                                  \
  }

const calibration_row rows_of_ensembles[] = {
  TRUSTED("M", 0),
  TRUSTED("abs_M", 1),
  TRUSTED("M2", 2),
  TRUSTED("phi2", 3),
  TRUSTED("action_density", 4),
  TRUSTED("chi2", 5),
  TRUSTED("chi_abs", 6),
  TRUSTED("U_L", 7),
  TRUSTED("G_pmin", 8),
  TRUSTED("xi", 9),
  TRUSTED("schwinger_dyson", 10),
  {"long enough", "AR(1) tau 5, 8 chains, 1000 tau_int", GOOD, 500, too_short, {5, 8, 1000}},
  {"long enough", "AR(1) tau 5, 8 chains, 200 tau_int", GOOD, 500, too_short, {5, 8, 200}},
  {"long enough", "AR(1) tau 5, 8 chains, 50 tau_int", BAD, 500, too_short, {5, 8, 50}},
  {"long enough", "AR(1) tau 5, 1 chain, 50 tau_int", BAD, 500, too_short, {5, 1, 50}},
  {"long enough", "AR(1) tau 5, 1 chain, 30 tau_int", BAD, 500, too_short, {5, 1, 30}},
  {"chains agree", "white, 2 chains of 1000", GOOD, 240, contradict, {0.5, 2, 4000}},
  {"chains agree", "white, 8 chains of 1000", GOOD, 240, contradict, {0.5, 8, 16000}},
  {"chains agree", "AR(1) tau 5, 8 chains, 200 tau_int", GOOD, 240, contradict, {5, 8, 200}},
  {"chains agree", "AR(1) tau 20, 4 chains, 400 tau_int", GOOD, 240, contradict, {20, 4, 400}},
  {"chains agree", "white + 0.3 of each chain, 2 of 1000", BAD, 60, contradict, {0.5, 2, 4000, 0.3}},
  {"chains agree", "white + 0.3 of each chain, 4 of 500", BAD, 60, contradict, {0.5, 4, 4000, 0.3}},
  {"chains agree", "white + 0.2 of each chain, 8 of 1000", BAD, 60, contradict, {0.5, 8, 16000, 0.2}},
  {"chains agree", "white + 0.4 of each chain, 8 of 1000", BAD, 60, contradict, {0.5, 8, 16000, 0.4}},
  {"chains agree, by their means alone", "white, 8 chains of 1000", GOOD, 240, contradict_by_means, {0.5, 8, 16000}},
  {"symmetry of M", "AR(1) tau 5, 8 chains, 200 tau_int", GOOD, 500, symmetry, {5, 8, 200}},
  {"Schwinger-Dyson", "AR(1) tau 5, 8 chains, 400 tau_int", GOOD, 1000, identity, {5, 8, 400}},
  {"Schwinger-Dyson", "off by 6 errors", BAD, 500, identity, {5, 8, 400, 0.0085}},
  {"agrees (13 rows)", "AR(1) tau 5, 8 chains, 400 tau_int", GOOD, 1000, differs, {5, 8, 400}},
  {"agrees (13 rows)", "independent, 1000", GOOD, 500, differs, {0.5, 8, 2000}},
  {"agrees (13 rows)", "phi2 off by some 6 errors", BAD, 500, differs, {5, 8, 400, 0.75}},
  {"hot and ordered starts agree", "AR(1) tau 5, 80 tau_int in 8 chains, 2 probes", GOOD, 500, starts, {5, 0, 80}},
  {"hot and ordered starts agree", "AR(1) tau 5, 200 tau_int in 8 chains, 2 probes", GOOD, 500, starts, {5, 0, 200}},
  {"hot and ordered starts agree", "200 tau_int, S off by one deviation of a record", BAD, 500, starts, {5, 0, 200, 1}},
  {0}};

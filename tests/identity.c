/* SPDX-License-Identifier: BSD-3-Clause */
/* Schwinger-Dyson equations of theories without a force: exact where all fields are counted, of spins and of fluxes; of
 * ensembles of spins the right ones are believed, and a beta that is off by 2 % is not; what couplings they have. */
#include "src/import/identity.h"
#include "tests/tap.h"

typedef struct {
  sq_lattice *lattice;
  sq_action action;
  sq_identity identity;
} subject;

static void make_subject(const char *theory, int dim, const int64_t *extent, const double *value, subject *s)
{
  TAP_CALL(sq_action_make(theory, dim, value, &s->action));
  TAP_CALL(sq_lattice_create(MPI_COMM_SELF, dim, extent, NULL, &s->lattice));
  TAP_CALL(sq_identity_create(s->lattice, &s->action, &s->identity));
}

static void end_subject(subject *s)
{
  TAP_CALL(sq_identity_destroy(&s->identity));
  TAP_CALL(sq_lattice_destroy(&s->lattice));
}

/* ---- all fields ---- */

/* Sums of weights with the numbers of fields, and with their sizes. */
typedef struct {
  double sum[SQ_IDENTITY_NUMBERS], size[SQ_IDENTITY_NUMBERS];
} totals;

static void add(subject *s, const double *block, double weight, totals *all)
{
  double number[SQ_IDENTITY_NUMBERS];
  TAP_CALL(sq_identity_measure(&s->identity, block, 1, number));
  for (int i = 0; i < s->identity.numbers; i++) {
    all->sum[i] += weight * number[i];
    all->size[i] += weight * fabs(number[i]);
  }
}

static void check_totals(const subject *s, const totals *all, double tolerance, const char *what)
{
  double worst = 0;
  const int n = s->identity.couplings;
  for (int i = 0; i < s->identity.numbers; i++)
    if (i < n || i >= s->identity.numbers - s->identity.extras)
      tap_worst(&worst, fabs(all->sum[i]) / fmax(all->size[i], 1e-300));
  tap_near(worst, 0, tolerance, what);
}

static void count_spins(int dim, const int64_t *extent, double beta, double ratio, const char *what)
{
  subject s;
  totals all = {{0}, {0}};
  double spin[64];
  make_subject("ising", dim, extent, (double[]){beta, ratio}, &s);
  const int64_t V = s.lattice->volume;
  for (int64_t state = 0; state < (int64_t)1 << V; state++) {
    double S = 0;
    for (int64_t x = 0; x < V; x++) spin[x] = state >> x & 1 ? 1 : -1;
    for (int64_t link = 0; link < dim * V; link++)
      S -= (link < V ? ratio : 1) * beta * spin[link % V] * spin[s.identity.next[link]];
    add(&s, spin, exp(-S), &all);
  }
  check_totals(&s, &all, 1e-12, what);
  end_subject(&s);
}

/* The weight of fluxes without divergence. */
static double weight_of(const subject *s, const double *block)
{
  const double *g = s->action.value;
  const int64_t V = s->lattice->volume, links = s->lattice->dim * V;
  double log_w = 0, m[8] = {0};
  for (int64_t link = 0; link < links; link++) {
    const double k = block[link], l = block[links + link], half = fabs(k) / 2 + l;
    log_w += (link < V ? g[2] * k : 0) - lgamma(fabs(k) + l + 1) - lgamma(l + 1);
    m[link % V] += half;
    m[s->identity.next[link]] += half;
  }
  for (int64_t x = 0; x < V; x++) log_w += sq_flux_log_weight(g[0], g[1], (int64_t)m[x]);
  return exp(log_w);
}

/* k of the links of a direction is one number, as it is on lines and on single sites. */
static void count_fluxes(int dim, const int64_t *extent, const char *what)
{
  enum { K = 9, L = 14 };
  subject s;
  totals all = {{0}, {0}};
  double block[16];
  make_subject("complex", dim, extent, (double[]){9, 1, 0.2}, &s);
  const int64_t V = s.lattice->volume, links = dim * V;
  int64_t states = 1;
  for (int64_t i = 0; i < links; i++) states *= L;
  for (int i = 0; i < dim; i++) states *= 2 * K + 1;
  for (int64_t state = 0; state < states; state++) {
    int64_t rest = state;
    for (int mu = 0; mu < dim; mu++, rest /= 2 * K + 1)
      for (int64_t x = 0; x < V; x++) block[mu * V + x] = (double)(rest % (2 * K + 1) - K);
    for (int64_t link = 0; link < links; link++, rest /= L) block[links + link] = (double)(rest % L);
    add(&s, block, weight_of(&s, block), &all);
  }
  check_totals(&s, &all, 1e-10, what);
  end_subject(&s);
}

/* ---- ensembles ---- */

enum { MOST = 3000 };
static double column[SQ_IDENTITY_NUMBERS][MOST];

/* A chain of n fields at beta, three sweeps apart, looked at with the couplings of s. */
static void judge_chain(subject *s, double beta, int n, uint64_t id, sq_identity_result *result)
{
  const double *pointer[SQ_IDENTITY_NUMBERS];
  double *block, number[SQ_IDENTITY_NUMBERS];
  sq_action of = s->action;
  sq_field *phi;
  sq_halo *halo;
  of.value[0] = beta;
  TAP_CALL(sq_alloc(s->lattice->volume, &block));
  TAP_CALL(sq_field_create(s->lattice, 1, &phi));
  TAP_CALL(sq_halo_create_field(phi, sq_action_reach(&of), &halo));
  const sq_stream hot = sq_stream_make(7, SQ_RNG_TEST, id), stream = sq_stream_make(8, SQ_RNG_TEST, id);
  sq_space_sign.random(hot, 0, s->lattice->volume, 0, 0, block);
  sq_field_from_block(phi, block);
  for (int sweep = 0, i = 0; i < n; sweep++) {
    TAP_CALL(sq_action_local_sweep(&of, phi, halo, stream, (uint64_t)sweep));
    if (sweep < 100 || sweep % 3) continue;
    sq_field_to_block(phi, block);
    TAP_CALL(sq_identity_measure(&s->identity, block, 1, number));
    for (int k = 0; k < s->identity.numbers; k++) column[k][i] = number[k];
    i++;
  }
  for (int k = 0; k < SQ_IDENTITY_NUMBERS; k++) pointer[k] = column[k];
  TAP_CALL(sq_identity_judge(&s->identity,
                             &(sq_series){.n = n, .column = pointer, .chains = 1, .constant_is_known = true}, result));
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&phi));
  sq_free(&block);
}

/* p is uniform: of 200 below 0.01 there are more than 9 once in 10^4, below 10^-4 more than one once in 5000. */
static void check_right_ones(void)
{
  enum { TIMES = 200 };
  int doubts = 0, refused = 0, unknown = 0, far = 0;
  subject s;
  make_subject("ising", 2, (int64_t[]){6, 6}, (double[]){0.36, 1}, &s);
  for (int i = 0; i < TIMES; i++) {
    sq_identity_result result;
    judge_chain(&s, 0.36, 1500, (uint64_t)i, &result);
    unknown += isnan(result.p);
    doubts += result.p < 0.01;
    refused += result.p < 1e-4;
    far += !(fabs(result.coupling[0].value - 0.36) < 2 * result.coupling[0].error);
  }
  end_subject(&s);
  printf("# of %d right ensembles %d are doubted, %d refused; %d couplings are two errors off\n", TIMES, doubts,
         refused, far);
  tap_check(doubts <= 9 && refused <= 1 && unknown <= 20, "right ensembles are believed");
  tap_check(far <= 24, "errors of couplings are right"); /* 9.1 expected, 24: five sigma */
}

/* 16x16 at beta_c: about 10 sigma. */
static void check_wrong_ones(void)
{
  const double beta = 0.44;
  bool fine = true;
  for (int i = 0; i < 4; i++) {
    subject s;
    sq_identity_result result;
    make_subject("ising", 2, (int64_t[]){16, 16}, (double[]){(i % 2 ? 1.02 : 0.98) * beta, 1}, &s);
    judge_chain(&s, beta, MOST, 1000 + (uint64_t)i, &result);
    printf("# beta %.4f of 0.44: p = %.1g, beta = %.4f(%.4f)\n", s.action.value[0], result.p, result.coupling[0].value,
           result.coupling[0].error);
    fine = fine && result.p < 1e-6 && fabs(result.coupling[0].value - beta) < 4 * result.coupling[0].error;
    end_subject(&s);
  }
  tap_check(fine, "a beta that is off by 2 %% is refused, and the right one is named");
}

/* In one direction beta and ratio are one coupling: the first is told, with the deck's value of the other. */
static void check_line(void)
{
  subject s;
  sq_identity_result result;
  make_subject("ising", 1, (int64_t[]){24}, (double[]){0.52, 1}, &s);
  judge_chain(&s, 0.5, MOST, 2000, &result);
  tap_check(fabs(result.coupling[0].value - 0.5) < 4 * result.coupling[0].error && isnan(result.coupling[1].value),
            "what equations cannot tell apart is not told");
  end_subject(&s);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  count_spins(2, (int64_t[]){3, 4}, 0.3, 1.7, "spins on 3x4");
  count_spins(2, (int64_t[]){2, 5}, -0.6, 1, "spins on 2x5");
  count_spins(2, (int64_t[]){1, 6}, 0.4, 2, "spins on 1x6");
  count_spins(3, (int64_t[]){2, 3, 2}, 0.2, 0.5, "spins on 2x3x2");
  count_spins(1, (int64_t[]){7}, 0.9, 1, "spins on a line");
  count_fluxes(1, (int64_t[]){2}, "fluxes on a line of two sites");
  count_fluxes(1, (int64_t[]){3}, "fluxes on a line of three sites");
  count_fluxes(2, (int64_t[]){1, 1}, "fluxes on one site of two directions");
  check_right_ones();
  check_wrong_ones();
  check_line();
  return tap_end();
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* squall transfer-matrix: what the transfer matrix of a one-dimensional deck knows, without a simulation. */
#include "src/reference/reference.h"
#include "squall/quantum.h"
#include <math.h>

/* The lowest point of V at x >= 0, its frequency there, and the height of V(0) above it. */
static void describe_potential(const sq_particle *p, double spacing)
{
  const double h = 1e-4;
  double low = 0, high = p->reach, slope, before, after;
  for (int i = 0; i < 100; i++) { /* where the slope turns positive for good: symmetric wells have one minimum there */
    double x = 0.5 * (low + high);
    (void)sq_particle_potential(p, x, &slope);
    if (slope > 0) high = x;
    else low = x;
  }
  double x = high < 1e-9 * p->reach ? 0 : high;
  (void)sq_particle_potential(p, x - h, &before);
  (void)sq_particle_potential(p, x + h, &after);
  printf("potential: lowest at |x| = %.6g, frequency there %.6g, V(0) is %.6g above it\n", x * sqrt(spacing / p->mass),
         sqrt(fmax(0, (after - before) / (2 * h))) / spacing, sq_particle_potential(p, 0, &slope) / spacing);
}

static PetscErrorCode print_levels(const sq_run *run, const sq_transfer *t, double spacing)
{
  PetscFunctionBeginUser;
  int levels = run->quantum.levels;
  double *limit;
  PetscCall(sq_alloc(levels, &limit));
  PetscCall(sq_transfer_continuum(&run->action, levels, limit));
  printf("\n  n             E_n       E_n - E_0  in continuous time       E_n - E_0\n");
  for (int n = 0; n < levels; n++) {
    double E = sq_transfer_energy(t, n);
    printf("%3d %15.9g %15.9g %19.9g %15.9g\n", n, E / spacing, (E - t->ground) / spacing, limit[n] / spacing,
           (limit[n] - limit[0]) / spacing);
  }
  sq_free(&limit);
  PetscFunctionReturn(0);
}

static PetscErrorCode print_averages(const sq_transfer *t, int64_t sites, double spacing)
{
  PetscFunctionBeginUser;
  sq_transfer_average mean;
  double log_Z = sq_transfer_log_Z(t, sites);
  PetscCall(sq_transfer_averages(t, sites, &mean));
  printf("\non %lld sites:\n  log Z           %.12g\n  <phi^2>         %.12g\n  <phi^4>         %.12g\n",
         (long long)sites, log_Z, mean.phi2, mean.phi4);
  printf("  energy          %.12g    -d log Z/d beta = <V + x V'/2>\n  energy_0        %.12g    <V + x V'/2 + a^2 "
         "V'^2/12>, E_0 to fourth order in a\n",
         mean.thermal / spacing, mean.ground / spacing);
  printf("  energy_0_log_Z  %.12g    -log Z/(L a)\n", sq_transfer_free_energy(t, sites, log_Z) / spacing);
  PetscFunctionReturn(0);
}

static PetscErrorCode print_correlator(const sq_transfer *t, int64_t sites, double spacing)
{
  PetscFunctionBeginUser;
  double *C;
  PetscCall(sq_alloc(sites + 1, &C));
  PetscCall(sq_transfer_correlator(t, sites, C));
  printf("\n  t            C(t)  effective mass\n");
  for (int64_t time = 0; 2 * time <= sites; time++) {
    printf("%3lld %15.9g", (long long)time, C[time]);
    if (2 * time + 1 < sites) printf(" %15.9g", sq_effective_mass(sites, time, C[time], C[time + 1]) / spacing);
    printf("\n");
  }
  sq_free(&C);
  PetscFunctionReturn(0);
}

static PetscErrorCode print_all(const sq_run *run, const sq_transfer *t)
{
  PetscFunctionBeginUser;
  char action[256];
  double spacing = run->quantum.spacing;
  sq_action_describe(&run->action, action, sizeof action);
  printf("%s: a particle of mass %g, hbar = 1, in time steps a = %g, at x = %.9g phi; transfer matrix on %d points\n",
         action, t->particle.mass, spacing, sqrt(t->particle.hop * spacing / t->particle.mass), t->points);
  printf("energies are counted from the lowest point of the potential\n");
  describe_potential(&t->particle, spacing);
  PetscCall(print_levels(run, t, spacing));
  PetscCall(print_averages(t, run->extents[0], spacing));
  PetscCall(print_correlator(t, run->extents[0], spacing));
  PetscFunctionReturn(0);
}

static PetscErrorCode transfer_matrix(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_transfer *transfer;
  PetscCall(sq_transfer_create(&run->action, &transfer));
  if (sq_log_speaks()) PetscCall(print_all(run, transfer));
  PetscCall(sq_transfer_destroy(&transfer));
  PetscFunctionReturn(0);
}

const sq_command sq_transfer_matrix_command = {.name = "transfer-matrix",
                                               .place = SQ_PLACE_LAST,
                                               .usage = "DECK",
                                               .summary = "a deck of one dimension as quantum mechanics: energies, log "
                                                          "Z, correlator, exact and without a simulation",
                                               .sections = SQ_DECK("lattice", "action", "quantum"),
                                               .make = transfer_matrix,
                                               .prints = true,
                                               .serial = true};

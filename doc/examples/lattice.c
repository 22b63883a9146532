/* SPDX-License-Identifier: BSD-3-Clause */
/* A program on the library: phi^4 on a lattice shared by all ranks, hybrid Monte Carlo, observables with errors.
 *   mpicc $(pkg-config --cflags squall) lattice.c -o lattice $(pkg-config --libs squall)
 *   mpirun -n 2 ./lattice
 * The free field (lambda = 0) is known: chi2 = 1/(2 (1 - 2 d kappa)); with other arguments the numbers are phi^4's:
 *   ./lattice KAPPA LAMBDA
 * The numbers do not depend on the number of ranks, to the last bit.
 */
#include <math.h>
#include <squall/hmc.h>
#include <squall/obs.h>
#include <stdlib.h>

enum { SIDE = 8, DIM = 2, CHAINS = 4, RECORDS = 500 }; /* of each chain */

/* Every function of squall and PETSc returns a code: PetscCall hands it on, and sq_errors_install prints it. */
static PetscErrorCode measure_chains(sq_hmc *hmc, sq_obs *obs, double *const *column, double *chain_of)
{
  PetscFunctionBeginUser;
  const int columns = sq_obs_columns(hmc->action.type);
  double *block, numbers[SQ_OBS_MOST];
  PetscCall(sq_alloc(hmc->lattice->local_volume, &block)); /* this rank's sites */
  for (int record = 0; record < RECORDS; record++) {
    PetscCall(sq_hmc_advance(hmc, hmc->tuning.separation));
    for (int64_t c = 0; c < hmc->count; c++) {
      int64_t row = c * RECORDS + record;
      sq_field_to_block(hmc->chain[c]->phi, block);
      PetscCall(sq_obs_measure(obs, block, numbers)); /* the same on every rank */
      for (int i = 0; i < columns; i++) column[i][row] = numbers[i];
      chain_of[row] = (double)hmc->chain[c]->id;
    }
  }
  sq_free(&block);
  PetscFunctionReturn(0);
}

/* Means over all records, with errors that know of autocorrelation. */
static PetscErrorCode print_table(const sq_lattice *lattice, const sq_action *action, const double *const *column,
                                  const double *chain_of)
{
  PetscFunctionBeginUser;
  static sq_obs_table table;
  PetscCall(
    sq_obs_analyse(action->type, DIM, lattice->extent, (int64_t)CHAINS * RECORDS, column, chain_of, NULL, &table));
  for (int i = 0; i < table.count && lattice->rank == 0; i++) {
    const sq_estimate *e = &table.row[i].estimate;
    printf("%s,%.10g,%.3g,%.3g\n", table.row[i].name, e->value, e->error, e->tau_int);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode simulate(const sq_grid *grid, const double coupling[])
{
  PetscFunctionBeginUser;
  const int64_t extent[DIM] = {SIDE, SIDE};
  const sq_hmc_settings settings = {.section = "hmc", /* what is 0 is tuned */
                                    .configurations = CHAINS * RECORDS,
                                    .chains = CHAINS,
                                    .integrator = sq_integrators[0],
                                    .vary_length = true,
                                    .dynamics = &sq_dynamics_trajectory};
  sq_lattice *lattice;
  sq_action action;
  sq_hmc *hmc;
  sq_obs *obs;
  double *column[SQ_OBS_MOST], *numbers, *chain_of;

  PetscCall(sq_lattice_create(grid->domain, DIM, extent, NULL, &lattice));
  PetscCall(sq_action_make("phi4", DIM, coupling, &action));
  PetscCall(sq_hmc_create(grid, lattice, &action, &settings, 1, &hmc)); /* 1: the seed */
  PetscCall(sq_obs_create(lattice, &action, &obs));
  const int64_t rows = (int64_t)CHAINS * RECORDS;
  const int columns = sq_obs_columns(action.type);
  PetscCall(sq_alloc(columns * rows, &numbers));
  PetscCall(sq_alloc(rows, &chain_of));
  for (int i = 0; i < columns; i++) column[i] = numbers + i * rows;

  PetscCall(sq_hmc_thermalise(hmc));
  PetscCall(measure_chains(hmc, obs, column, chain_of));
  PetscCall(print_table(lattice, &action, (const double *const *)column, chain_of));

  sq_free(&chain_of);
  sq_free(&numbers);
  PetscCall(sq_obs_destroy(&obs));
  PetscCall(sq_hmc_destroy(&hmc));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscFunctionReturn(0);
}

int main(int argc, char **argv)
{
  const double coupling[] = {argc > 2 ? atof(argv[1]) : 0.2, argc > 2 ? atof(argv[2]) : 0}; /* kappa, lambda */
  sq_grid *grid;
  int rank;
  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 70;
  (void)MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  PetscErrorCode code = sq_errors_install();
  sq_log_setup(rank == 0, SQ_WARN);
  if (sq_version_number() / 100 != SQ_VERSION / 100)
    sq_warn("built with headers of another version than %s", sq_version());
  if (!code) code = sq_grid_create(MPI_COMM_WORLD, 1, &grid); /* one replica: all ranks share each lattice */
  if (!code) code = simulate(grid, coupling);
  if (!code) code = sq_grid_destroy(&grid);
  if (!code) code = PetscFinalize();
  return sq_exit_status(code);
}

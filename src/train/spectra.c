/* The spectra of an ensemble: propagator and power of the force. */
#include "squall/train.h"

static PetscErrorCode add_power(sq_fft *fft, const double *block, sq_sum *sum)
{
  PetscFunctionBeginUser;
  PetscCall(sq_fft_forward(fft, block, fft->work));
  sq_fft_add_power(fft, fft->work, sum);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_measure_spectra(const sq_grid *grid, sq_fft *fft, const sq_action *action, const sq_dataset *data, double *propagator, double *force_power)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = fft->lattice;
  int64_t           orbits = fft->orbits.count, first, count;
  sq_field         *phi;
  sq_halo          *halo;
  double           *force;
  sq_sum           *sum;
  PetscCall(sq_field_create(lattice, 1, &phi));
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FACES, sizeof(double), 1, &halo));
  PetscCall(sq_alloc(lattice->local_volume, &force));
  PetscCall(sq_alloc(2 * orbits, &sum));
  sq_share(data->count, grid->replicas, grid->replica, &first, &count);
  for (int64_t i = first; i < first + count; i++) {
    const double *block = data->blocks + i * lattice->local_volume;
    sq_field_from_block(phi, block);
    PetscCall(sq_halo_exchange(halo, phi->data));
    action->type->force(action, phi, force);
    PetscCall(add_power(fft, block, sum));
    PetscCall(add_power(fft, force, sum + orbits));
  }
  PetscCall(sq_sum_reduce(grid->world, (int)(2 * orbits), sum));
  for (int64_t o = 0; o < orbits; o++) {
    propagator[o]  = sq_sum_value(&sum[o]) / (double)data->count;
    force_power[o] = sq_sum_value(&sum[orbits + o]) / (double)data->count;
  }
  sq_free(&force);
  sq_free(&sum);
  PetscCall(sq_halo_destroy(&halo));
  PetscCall(sq_field_destroy(&phi));
  PetscFunctionReturn(0);
}

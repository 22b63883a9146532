/* SPDX-License-Identifier: BSD-3-Clause */
/* plan: the transform of one lattice, made so that its bits do not depend on how many ranks share it.
 *
 * FFTW_ESTIMATE alone does not give that: a multi-dimensional plan of FFTW or FFTW-MPI chooses its algorithm from
 * strides and the number of local planes, and for 1 to 3 ranks the results of about one two-dimensional shape in ten
 * differed in the last bit (2x32, 256x256 among them). So every number here is made by one of two small plans that know
 * nothing of the ranks:
 *
 *   1. each plane, the sites with one coordinate along the first direction, by a real-to-complex transform;
 *   2. each group of SQ_LANES columns (a column: one number of every transformed plane) by a complex transform along
 * the first direction, from layout [planes][SQ_LANES]; the last group is filled up with zeros.
 *
 * Between the two the groups change from plane order [plane][group] to group order [group][plane]: on several ranks by
 * an FFTW-MPI transposition, which only copies; on one rank while the planes are made. Directions of extent 1 are left
 * out: with two or more left the first is the one cut into slabs; with one or none there is one plane, on rank 0, and
 * the first-direction transform has length 1. Half of the spectrum is kept along the last direction left.
 *
 * Modes of a rank are in order [group][plane][lane]. FFTW's plans are used on other arrays than they were made with, so
 * their alignment is checked (sq_alloc gives 64 bytes) and misaligned data take a detour through a buffer, with equal
 * bits.
 */
#include "plan.h"
#include <limits.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static bool aligned(const void *memory)
{
  return fftw_alignment_of((double *)memory) == 0;
}

int64_t sq_fft_plan_lanes(const sq_fft_plan *plan, int64_t group)
{
  return least(SQ_LANES, plan->columns - (plan->first_group + group) * SQ_LANES);
}

/* ---- making and unmaking ---- */

/* Sizes of planes and columns; extents[] of the directions that span a plane. */
static PetscErrorCode lay_out(const sq_lattice *lattice, sq_fft_plan *plan, int *plane_rank, int extents[SQ_DIM])
{
  PetscFunctionBeginUser;
  for (int mu = 0; mu < SQ_DIM; mu++)
    if (lattice->extent[mu] > 1) plan->direction[plan->directions++] = mu;
  const int spanning = plan->directions > 1 ? 1 : 0;
  plan->planes = spanning ? lattice->extent[plan->direction[0]] : 1;
  *plane_rank = 0;
  for (int k = spanning; k < plan->directions; k++)
    PetscCall(PetscMPIIntCast(lattice->extent[plan->direction[k]], extents + (*plane_rank)++));
  if (*plane_rank == 0) extents[(*plane_rank)++] = 1;
  const int last = extents[*plane_rank - 1];
  plan->plane_sites = lattice->volume / plan->planes;
  plan->columns = plan->plane_sites / last * (last / 2 + 1);
  plan->groups = (plan->columns + SQ_LANES - 1) / SQ_LANES;
  plan->pitch = plan->plane_sites + plan->plane_sites % 2; /* keeps planes aligned */
  plan->inverse_volume = 1 / (double)lattice->volume;
  PetscFunctionReturn(0);
}

/* One rank: everything is here. The extra line keeps groups from falling on the same cache sets. */
static PetscErrorCode keep_whole(sq_fft_plan *plan)
{
  PetscFunctionBeginUser;
  plan->my_planes = plan->planes;
  plan->my_groups = plan->groups;
  plan->group_pitch = (plan->planes + 1) * SQ_LANES;
  PetscCall(sq_alloc(plan->pitch, &plan->real));
  PetscCall(sq_alloc(plan->groups * SQ_LANES, &plan->plane));
  PetscCall(sq_alloc(plan->groups * plan->group_pitch, &plan->group));
  PetscFunctionReturn(0);
}

/* Several ranks: the shares of planes and groups are those of FFTW-MPI's transposition of planes x groups. */
static PetscErrorCode share_out(const sq_lattice *lattice, sq_fft_plan *plan)
{
  PetscFunctionBeginUser;
  const ptrdiff_t rows = plan->planes, columns = plan->groups, numbers = 2 * SQ_LANES, block = FFTW_MPI_DEFAULT_BLOCK;
  const ptrdiff_t shape[2] = {rows, columns};
  ptrdiff_t planes, first_plane, groups, first_group;
  ptrdiff_t need = fftw_mpi_local_size_many_transposed(2, shape, numbers, block, block, lattice->comm, &planes,
                                                       &first_plane, &groups, &first_group);
  plan->my_planes = planes;
  plan->first_plane = first_plane;
  plan->my_groups = groups;
  plan->first_group = first_group;
  plan->group_pitch = plan->planes * SQ_LANES;
  PetscCall(sq_alloc(plan->my_planes * plan->pitch, &plan->real));
  PetscCall(sq_alloc((need + 1) / 2, &plan->plane)); /* need counts real numbers */
  PetscCall(sq_alloc((need + 1) / 2, &plan->group));
  double *by_plane = (double *)plan->plane, *by_group = (double *)plan->group;
  const unsigned flags = FFTW_ESTIMATE;
  const MPI_Comm comm = lattice->comm;
  plan->to_groups = fftw_mpi_plan_many_transpose(rows, columns, numbers, block, block, by_plane, by_group, comm, flags);
  plan->to_planes = fftw_mpi_plan_many_transpose(columns, rows, numbers, block, block, by_group, by_plane, comm, flags);
  PetscFunctionReturn(0);
}

/* Block <-> slab. A single plane, whatever direction it lies along, is the whole lattice and goes to rank 0. */
static PetscErrorCode connect_blocks(const sq_lattice *lattice, sq_fft_plan *plan)
{
  PetscFunctionBeginUser;
  const bool several = plan->directions > 1;
  const int split = plan->directions ? plan->direction[0] : SQ_DIM - 1;
  const int64_t count = several ? plan->my_planes : plan->my_planes * lattice->extent[split];
  const int64_t first = several ? plan->first_plane : 0;
  PetscCall(sq_slabs_create(lattice, split, first, count, plan->plane_sites, plan->pitch, &plan->slabs));
  PetscFunctionReturn(0);
}

/* The two plans, made with buffers of their own: a rank may have no plane and no group, and must still have the same
 * plans. */
static PetscErrorCode make_plans(sq_fft_plan *plan, int plane_rank, const int extents[])
{
  PetscFunctionBeginUser;
  double *real;
  double complex *plane, *group;
  int length;
  PetscCall(PetscMPIIntCast(plan->planes, &length));
  PetscCall(sq_alloc(plan->pitch, &real));
  PetscCall(sq_alloc(plan->groups * SQ_LANES, &plane));
  PetscCall(sq_alloc(plan->planes * SQ_LANES, &group));
  PetscCall(sq_alloc(plan->planes * SQ_LANES, &plan->edge));
  plan->plane_forward = fftw_plan_dft_r2c(plane_rank, extents, real, plane, FFTW_ESTIMATE);
  plan->plane_inverse = fftw_plan_dft_c2r(plane_rank, extents, plane, real, FFTW_ESTIMATE);
  plan->group_forward = fftw_plan_many_dft(1, &length, SQ_LANES, group, NULL, SQ_LANES, 1, plan->edge, NULL, SQ_LANES,
                                           1, FFTW_FORWARD, FFTW_ESTIMATE);
  plan->group_inverse = fftw_plan_many_dft(1, &length, SQ_LANES, plan->edge, NULL, SQ_LANES, 1, group, NULL, SQ_LANES,
                                           1, FFTW_BACKWARD, FFTW_ESTIMATE);
  sq_free(&real);
  sq_free(&plane);
  sq_free(&group);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fft_plan_create(const sq_lattice *lattice, sq_fft_plan **result)
{
  PetscFunctionBeginUser;
  int plane_rank, extents[SQ_DIM];
  sq_fft_plan *plan;
  bool missing;
  PetscCall(sq_alloc(1, &plan));
  fftw_mpi_init();
  PetscCall(lay_out(lattice, plan, &plane_rank, extents));
  PetscCall(make_plans(plan, plane_rank, extents));
  if (lattice->size == 1) PetscCall(keep_whole(plan));
  else PetscCall(share_out(lattice, plan));
  if (lattice->size > 1) PetscCall(connect_blocks(lattice, plan));
  missing = !plan->plane_forward || !plan->plane_inverse || !plan->group_forward || !plan->group_inverse ||
            (lattice->size > 1 && (!plan->to_groups || !plan->to_planes));
  PetscCall(sq_any_true(lattice->comm, missing, &missing));
  PetscCheck(!missing, lattice->comm, PETSC_ERR_LIB, "FFTW made no plan for a lattice of %lld sites over %d ranks",
             (long long)lattice->volume, lattice->size);
  *result = plan;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fft_plan_destroy(sq_fft_plan **plan)
{
  PetscFunctionBeginUser;
  if (!*plan) PetscFunctionReturn(0);
  fftw_plan plans[] = {(*plan)->plane_forward, (*plan)->plane_inverse, (*plan)->group_forward,
                       (*plan)->group_inverse, (*plan)->to_groups,     (*plan)->to_planes};
  for (size_t k = 0; k < sizeof plans / sizeof *plans; k++) fftw_destroy_plan(plans[k]);
  PetscCall(sq_slabs_destroy(&(*plan)->slabs));
  sq_free(&(*plan)->real);
  sq_free(&(*plan)->plane);
  sq_free(&(*plan)->group);
  sq_free(&(*plan)->edge);
  sq_free(plan);
  PetscFunctionReturn(0);
}

/* ---- first half: planes ---- */

static void planes_forward_here(sq_fft_plan *plan, const double *block)
{
  for (int64_t i = 0; i < plan->planes; i++) {
    double *real = (double *)block + i * plan->plane_sites; /* not written: out of place, input kept */
    if (!aligned(real)) real = memcpy(plan->real, real, (size_t)plan->plane_sites * sizeof *real);
    fftw_execute_dft_r2c(plan->plane_forward, real, plan->plane);
    for (int64_t g = 0; g < plan->groups; g++)
      memcpy(plan->group + g * plan->group_pitch + i * SQ_LANES, plan->plane + g * SQ_LANES,
             SQ_LANES * sizeof *plan->plane);
  }
}

static void planes_inverse_here(sq_fft_plan *plan, double *block)
{
  for (int64_t i = 0; i < plan->planes; i++) {
    for (int64_t g = 0; g < plan->groups; g++)
      memcpy(plan->plane + g * SQ_LANES, plan->group + g * plan->group_pitch + i * SQ_LANES,
             SQ_LANES * sizeof *plan->plane);
    double *out = block + i * plan->plane_sites, *real = aligned(out) ? out : plan->real;
    fftw_execute_dft_c2r(plan->plane_inverse, plan->plane, real);
    for (int64_t k = 0; k < plan->plane_sites; k++) out[k] = plan->inverse_volume * real[k];
  }
}

static PetscErrorCode planes_forward_shared(sq_fft_plan *plan, const double *block)
{
  PetscFunctionBeginUser;
  PetscCall(sq_slabs_from_block(plan->slabs, block, plan->real));
  for (int64_t i = 0; i < plan->my_planes; i++)
    fftw_execute_dft_r2c(plan->plane_forward, plan->real + i * plan->pitch, plan->plane + i * plan->groups * SQ_LANES);
  fftw_execute(plan->to_groups);
  PetscFunctionReturn(0);
}

static PetscErrorCode planes_inverse_shared(sq_fft_plan *plan, double *block)
{
  PetscFunctionBeginUser;
  fftw_execute(plan->to_planes);
  for (int64_t i = 0; i < plan->my_planes; i++)
    fftw_execute_dft_c2r(plan->plane_inverse, plan->plane + i * plan->groups * SQ_LANES, plan->real + i * plan->pitch);
  PetscCall(sq_slabs_to_block(plan->slabs, plan->real, plan->inverse_volume, block));
  PetscFunctionReturn(0);
}

/* ---- second half: groups of columns ---- */

static void copy_lanes(int64_t rows, int64_t lanes, const double complex *from, int64_t from_pitch, double complex *to,
                       int64_t to_pitch)
{
  for (int64_t i = 0; i < rows; i++)
    for (int64_t c = 0; c < lanes; c++) to[i * to_pitch + c] = from[i * from_pitch + c];
}

static void groups_forward(sq_fft_plan *plan, double complex *mode)
{
  for (int64_t g = 0; g < plan->my_groups; g++) {
    const int64_t lanes = sq_fft_plan_lanes(plan, g);
    double complex *group = plan->group + g * plan->group_pitch, *out = mode + g * plan->planes * SQ_LANES;
    const bool direct = lanes == SQ_LANES && aligned(out);
    fftw_execute_dft(plan->group_forward, group, direct ? out : plan->edge);
    if (!direct) copy_lanes(plan->planes, lanes, plan->edge, SQ_LANES, out, lanes);
  }
}

static void groups_inverse(sq_fft_plan *plan, double complex *mode)
{
  for (int64_t g = 0; g < plan->my_groups; g++) {
    const int64_t lanes = sq_fft_plan_lanes(plan, g);
    double complex *group = plan->group + g * plan->group_pitch, *in = mode + g * plan->planes * SQ_LANES;
    const bool direct = lanes == SQ_LANES && aligned(in);
    if (!direct) copy_lanes(plan->planes, lanes, in, lanes, plan->edge, SQ_LANES);
    fftw_execute_dft(plan->group_inverse, direct ? in : plan->edge, group);
  }
}

PetscErrorCode sq_fft_forward(sq_fft *fft, const double *block, double complex *mode)
{
  PetscFunctionBeginUser;
  if (fft->plan->slabs) PetscCall(planes_forward_shared(fft->plan, block));
  else planes_forward_here(fft->plan, block);
  groups_forward(fft->plan, mode);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_fft_inverse(sq_fft *fft, double complex *mode, double *block)
{
  PetscFunctionBeginUser;
  groups_inverse(fft->plan, mode);
  if (fft->plan->slabs) PetscCall(planes_inverse_shared(fft->plan, block));
  else planes_inverse_here(fft->plan, block);
  PetscFunctionReturn(0);
}

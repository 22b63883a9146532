/* SPDX-License-Identifier: BSD-3-Clause */
/* halo: after an exchange every site of the rim holds the value of the site it stands for. */
#include "squall/halo.h"
#include "tests/tap.h"

/* What the site at block position x (may lie in the rim) holds, component c of batch entry b. */
static float value_at(const sq_lattice *lattice, const int64_t x[SQ_DIM], int b, int c)
{
  int64_t site = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t L = lattice->extent[mu], g = ((lattice->start[mu] + x[mu]) % L + L) % L;
    site = site * L + g;
  }
  return (float)(site * 8 + c + 100000 * b + 1);
}

static bool on_rim(const sq_lattice *lattice, const int64_t x[SQ_DIM], int *outside)
{
  *outside = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) *outside += x[mu] < 0 || x[mu] >= lattice->local[mu];
  return *outside > 0;
}

static void check(int dim, const int64_t extent[], int width, sq_halo_reach reach, int components, int batch)
{
  sq_lattice *lattice;
  sq_halo *halo;
  float *array;
  char text[64];
  int64_t rim_of[SQ_DIM], padded[SQ_DIM], stride[SQ_DIM], sites = 1;
  bool corners = reach == SQ_HALO_FULL || reach == SQ_HALO_RANKS;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &lattice));
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    rim_of[mu] = mu < lattice->first_dir || (reach == SQ_HALO_RANKS && lattice->ranks[mu] == 1) ? 0 : width;
    padded[mu] = lattice->local[mu] + 2 * rim_of[mu];
    stride[mu] = sites;
    sites *= padded[mu];
  }
  TAP_CALL(sq_halo_create(lattice, width, reach, (size_t)components * sizeof *array, batch, &halo));
  TAP_CALL(sq_alloc(sites * components * batch, &array));
  bool right = true;
  for (int pass = 0; pass < 2; pass++) { /* fill the interior and exchange; then look everywhere */
    for (int b = 0; b < batch; b++)
      for (int64_t s = 0; s < sites; s++) {
        int64_t x[SQ_DIM];
        int outside;
        for (int mu = 0; mu < SQ_DIM; mu++) x[mu] = s / stride[mu] % padded[mu] - rim_of[mu];
        bool rim = on_rim(lattice, x, &outside);
        for (int c = 0; c < components; c++) {
          float *v = array + ((b * sites) + s) * components + c;
          if (pass == 0) *v = rim ? -1 : value_at(lattice, x, b, c);
          else if (outside <= 1 || corners) right = right && *v == value_at(lattice, x, b, c);
          else right = right && *v == -1;
        }
      }
    if (pass == 0) TAP_CALL(sq_halo_exchange(halo, array));
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(right, "%s, width %d, %s, %d components, batch %d", text, width,
            reach == SQ_HALO_RANKS ? "between ranks" :
            corners                ? "full" :
                                     "faces",
            components, batch);
  sq_free(&array);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

/* The same for a field: what its rim holds after an exchange. */
static void check_field(int dim, const int64_t extent[], int width, sq_halo_reach reach)
{
  sq_lattice *lattice;
  sq_field *field;
  sq_halo *halo;
  char text[64];
  bool right = true;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, dim, extent, NULL, &lattice));
  TAP_CALL(sq_field_create(lattice, width, &field));
  TAP_CALL(sq_halo_create_field(field, reach, &halo));
  for (int pass = 0; pass < 2; pass++) {
    int64_t x[SQ_DIM], w[SQ_DIM];
    int outside;
    for (int mu = 0; mu < SQ_DIM; mu++) w[mu] = mu >= lattice->first_dir ? width : 0;
    for (x[0] = -w[0]; x[0] < lattice->local[0] + w[0]; x[0]++)
      for (x[1] = -w[1]; x[1] < lattice->local[1] + w[1]; x[1]++)
        for (x[2] = -w[2]; x[2] < lattice->local[2] + w[2]; x[2]++)
          for (x[3] = -w[3]; x[3] < lattice->local[3] + w[3]; x[3]++) {
            double *v = field->data + field->origin + x[0] * field->stride[0] + x[1] * field->stride[1] +
                        x[2] * field->stride[2] + x[3];
            bool rim = on_rim(lattice, x, &outside), last = x[3] < 0 || x[3] >= lattice->local[3];
            bool left = reach != SQ_HALO_FULL &&
                        (outside > 1 || (reach == SQ_HALO_CUT && last && lattice->ranks[3] == 1));
            if (pass == 0) *v = rim ? -1 : value_at(lattice, x, 0, 0);
            else right = right && *v == (left ? -1 : value_at(lattice, x, 0, 0));
          }
    if (pass == 0) TAP_CALL(sq_halo_exchange(halo, field->data));
  }
  sq_extents_text(dim, extent, text, sizeof text);
  tap_check(right && field->origin % 8 == 0 && (dim == 1 || field->stride[2] % 8 == 0),
            "a field on %s, width %d, reach %d", text, width, (int)reach);
  TAP_CALL(sq_halo_destroy(&halo));
  TAP_CALL(sq_field_destroy(&field));
  TAP_CALL(sq_lattice_destroy(&lattice));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  for (int i = 0; i < 3; i++) {
    sq_halo_reach reach = (sq_halo_reach[]){SQ_HALO_FACES, SQ_HALO_FULL, SQ_HALO_RANKS}[i];
    check(1, (int64_t[]){9}, 1, reach, 1, 1);
    check(1, (int64_t[]){9}, 2, reach, 3, 2);
    check(2, (int64_t[]){4, 7}, 1, reach, 2, 3);
    check(2, (int64_t[]){10, 10}, 2, reach, 1, 1);
    check(3, (int64_t[]){4, 5, 6}, 1, reach, 4, 2);
    check(4, (int64_t[]){4, 2, 3, 4}, 1, reach, 1, 2);
  }
  for (sq_halo_reach reach = SQ_HALO_FACES; reach <= SQ_HALO_CUT; reach++) {
    check_field(1, (int64_t[]){9}, 1, reach);
    check_field(2, (int64_t[]){4, 7}, 1, reach);
    check_field(2, (int64_t[]){10, 10}, 2, reach);
    check_field(3, (int64_t[]){4, 5, 6}, 1, reach);
    check_field(4, (int64_t[]){4, 2, 3, 4}, 1, reach);
  }
  if (tap.size == 1) check(2, (int64_t[]){1, 2}, 1, SQ_HALO_FULL, 1, 1);
  sq_lattice *lattice;
  sq_halo *halo = NULL;
  TAP_CALL(sq_lattice_create(MPI_COMM_WORLD, 1, (int64_t[]){tap.size + 1}, NULL, &lattice));
  tap_check(sq_halo_create(lattice, tap.size + 2, SQ_HALO_FULL, 8, 1, &halo) == SQ_ERR_INPUT, "a halo wider than a "
                                                                                              "block is refused");
  TAP_CALL(sq_lattice_destroy(&lattice));
  return tap_end();
}

/* The tables of observables, alone in their file: a program may link its own with more rows. */
#include "table.h"
#include <math.h>

const sq_obs_column_type *const sq_obs_column_types[] = {&sq_column_M,
                                                         &sq_column_phi2,
                                                         &sq_column_phi4,
                                                         &sq_column_link,
                                                         &sq_column_action_density,
                                                         &sq_column_schwinger_dyson,
                                                         &sq_column_G_pmin,
                                                         &sq_column_abs_M,
                                                         &sq_column_helicity_0,
                                                         &sq_column_helicity_1,
                                                         &sq_column_helicity_2,
                                                         &sq_column_helicity_3,
                                                         &sq_column_vortices,
                                                         NULL};

const sq_obs_series_type sq_obs_series_types[] = {
  {"abs_M", "M", fabs}, {"M2", "abs_M", sq_obs_square}, {"M4", "abs_M", sq_obs_fourth}, {0}};

const sq_obs_row_type sq_obs_row_types[] = {
  {.name = "M"},
  {.name = "abs_M"},
  {.name = "M2"},
  {.name = "phi2"},
  {.name = "phi4"},
  {.name = "link"},
  {.name = "action_density"},
  {.name = "chi2",
   .column = {"M2", "M"},
   .function = sq_obs_susceptibility,
   .gradient = sq_obs_susceptibility_gradient},
  {.name = "chi_abs",
   .column = {"M2", "abs_M"},
   .function = sq_obs_susceptibility,
   .gradient = sq_obs_susceptibility_gradient},
  {.name = "U_L", .column = {"M4", "M2"}, .function = sq_obs_binder, .gradient = sq_obs_binder_gradient},
  {.name = "G_pmin", .needs_momentum = true},
  {.name = "xi",
   .column = {"M2", "G_pmin"},
   .needs_momentum = true,
   .optional = true,
   .function = sq_obs_correlation_length,
   .gradient = sq_obs_correlation_length_gradient},
  {.name = "schwinger_dyson"},
  {.name = "helicity",
   .column = {"helicity_0", "helicity_1", "helicity_2", "helicity_3"},
   .function = sq_obs_helicity,
   .gradient = sq_obs_helicity_gradient},
  {.name = "helicity_0"},
  {.name = "helicity_1", .least_dim = 2},
  {.name = "helicity_2", .least_dim = 3},
  {.name = "helicity_3", .least_dim = 4},
  {.name = "vortices", .least_dim = 2},
  {0}};

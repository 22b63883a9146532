/* The figures, in the order of the page. */
#include "src/report/report.h"

const sq_figure *const sq_figures[] = {&sq_figure_families,      &sq_figure_trajectories,
                                       &sq_figure_forward,       &sq_figure_toy,
                                       &sq_figure_fokker_planck, &sq_figure_langevin,
                                       &sq_figure_spins,         &sq_figure_magnetisation,
                                       &sq_figure_action,        &sq_figure_windings,
                                       &sq_figure_squares,       &sq_figure_charge,
                                       &sq_figure_angles,        &sq_figure_propagator,
                                       &sq_figure_correlator,    &sq_figure_quantum_states,
                                       &sq_figure_quantum,       &sq_figure_kinks,
                                       &sq_figure_loss,          &sq_figure_adversary,
                                       &sq_figure_learning,      &sq_figure_weights,
                                       &sq_figure_field_weights, &sq_figure_s_eff,
                                       &sq_figure_bounds,        &sq_figure_prior,
                                       &sq_figure_scales,        &sq_figure_zero_mode,
                                       &sq_figure_history,       &sq_figure_autocorrelation,
                                       &sq_figure_chains,        &sq_figure_training_worth,
                                       &sq_figure_volume_worth,  NULL};

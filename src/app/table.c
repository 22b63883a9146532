/* The table of stages, each of which is a command, and that of the commands beside them. */
#include "src/app/commands.h"

const sq_stage *const sq_stages[] = {&sq_hmc_stage,      &sq_mc_stage,         &sq_import_stage,
                                     &sq_langevin_stage, &sq_train_stage,      &sq_sample_stage,
                                     &sq_correct_stage,  &sq_likelihood_stage, &sq_measure_stage,
                                     &sq_compare_stage,  &sq_toy_stage,        &sq_fokker_planck_stage,
                                     &sq_families_stage, &sq_report_stage,     NULL};

const sq_command *const sq_commands[] = {&sq_check_command,
                                         &sq_init_command,
                                         &sq_list_command,
                                         &sq_run_command,
                                         &sq_samplers_command,
                                         &sq_bench_command,
                                         &sq_transfer_matrix_command,
                                         &sq_crossing_command,
                                         &sq_curve_command,
                                         &sq_density_command,
                                         &sq_export_command,
                                         &sq_info_command,
                                         &sq_verify_command,
                                         &sq_reference_command,
                                         &sq_diff_command,
                                         &sq_clean_command,
                                         &sq_watch_command,
                                         &sq_keys_command,
                                         &sq_manual_command,
                                         &sq_completion_command,
                                         NULL};

/* Private to app: what production of an ensemble keeps an eye on. */
#ifndef SQUALL_APP_MONITOR_H
#define SQUALL_APP_MONITOR_H

#include "squall/hmc.h"
#include "src/stage/stage.h"

enum { SQ_MONITOR_NUMBERS = 2 };

typedef struct {
  int64_t every;            /* trajectories between checks of reversibility; 0: none */
  bool reversible, decides; /* the dynamics: its trajectories can be run back; it has Metropolis decisions */
  double checks, deviation; /* how many; the largest deviation */
  int64_t next_look;        /* rows of the series at which autocorrelations are computed again */
  double tau_int, tau_int_error, schwinger_dyson,
    schwinger_dyson_error; /* of the series so far; NaN: not yet known. tau_int in trajectories, the largest of |M|, M^2
                              and S */
  sq_metropolis counts;
} sq_monitor;

void sq_monitor_begin(sq_monitor *monitor, const sq_hmc_settings *set);
/* After separation more trajectories, so that each chain has made `trajectory`: checks reversibility when that is due.
 * Collective over hmc->grid->world, as are the next two. */
PetscErrorCode sq_monitor_step(sq_monitor *monitor, const sq_hmc *hmc, int64_t trajectory, int64_t separation);
/* Brings acceptance up to date, and the series' numbers when the series has grown by a quarter (now: in any case). */
PetscErrorCode sq_monitor_look(sq_monitor *monitor, sq_hmc *hmc, bool now);
/* Adds what was found to a records file that is about to be published. */
PetscErrorCode sq_monitor_keep(const sq_monitor *monitor, sq_records *records);
/* For the progress line, and as members of a JSON object. Not collective. */
void sq_monitor_text(const sq_monitor *monitor, char *text, size_t size);
void sq_monitor_json(const sq_monitor *monitor, char *text, size_t size);
/* The part that a checkpoint must carry. Not collective. */
void sq_monitor_save(const sq_monitor *monitor, double number[SQ_MONITOR_NUMBERS]);
void sq_monitor_restore(sq_monitor *monitor, const double number[SQ_MONITOR_NUMBERS]);

#endif

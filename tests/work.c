/* SPDX-License-Identifier: BSD-3-Clause */
/* The working loop of a stage: what it measures, what it writes, whose wishes it obeys. */
#include "src/making/work.h"
#include "run.h"
#include <signal.h>

static sq_run *run;

/* A unit of no length. */
static void unit(sq_work *work, int64_t done)
{
  sq_work_start(work);
  TAP_CALL(sq_work_unit(work, done));
}

static void ask_to_stop(void)
{
  char path[SQ_PATH];
  sq_run_path(run, "stop", path);
  TAP_CALL(sq_write_text(MPI_COMM_WORLD, path, "\n"));
}

static void test_time(void)
{
  sq_work work;
  const double pause[2] = {0.02, 0.06};
  TAP_CALL(sq_work_begin(run, "work", 0, 2, &work));
  double before = sq_now(), elsewhere = 0;
  for (int i = 0; i < 2; i++) {
    double idle = sq_now();
    usleep(30000); /* between units: does not count */
    elsewhere += sq_now() - idle;
    sq_work_start(&work);
    usleep((useconds_t)(1e6 * pause[i]));
    TAP_CALL(sq_work_unit(&work, i + 1));
  }
  double all = sq_now() - before;
  tap_check(work.seconds >= pause[0] + pause[1] && work.seconds <= all - elsewhere + 1e-6, "units alone are timed");
  tap_check(work.longest >= pause[1] && work.longest < work.seconds, "the longest is one of them");
  tap_check(sq_work_core_seconds(&work) == work.seconds * tap.size, "core-seconds are those of all ranks");
}

static void test_status(void)
{
  sq_work work;
  TAP_CALL(sq_work_begin(run, "work", 3, 10, &work));
  unit(&work, 4);
  sq_work_show(&work, "%d", 1);
  tap_check(run_says(run, "status.json", "\"stage\": \"work\", \"state\": \"running\", \"done\": 4, \"total\": 10"),
            "status.json says how far the work is");
  work.figures = ", \"acceptance\": 0.5";
  sq_work_show(&work, "%d", 2);
  tap_check(run_says(run, "status.json", "\"acceptance\": 0.5}"), "and what the stage adds");
  sq_work_end(&work, "%d", 3);
  tap_check(run_says(run, "status.json", "\"state\": \"finished\", \"done\": 10"), "and that it is over");
  sq_work_part(&work, "a part", 0, 5);
  unit(&work, 5);
  sq_work_end(&work, "%d", 4);
  tap_check(run_says(run, "status.json", "\"stage\": \"work\", \"state\": \"running\", \"done\": 5, \"total\": 5"),
            "the end of a part is not that of the stage");
}

static void test_due(void)
{
  sq_work work;
  TAP_CALL(sq_work_begin(run, "work", 0, 10, &work));
  unit(&work, 1);
  tap_check(!work.due && !work.save, "right after the start nothing is due");
  sq_log_setup(tap.rank == 0, SQ_INFO);
  work.progress.shown = -INFINITY; /* only the speaking rank looks */
  unit(&work, 2);
  tap_check(work.due, "a line that is due on one rank is due on all");
  sq_log_setup(tap.rank == 0, SQ_QUIET);
}

static void test_stop_file(void)
{
  sq_work work;
  TAP_CALL(sq_work_begin(run, "work", 0, 10, &work));
  ask_to_stop();
  unit(&work, 7);
  tap_check(work.save, "a stop file asks to save");
  tap_check(sq_work_saved(&work) == SQ_ERR_STOPPED, "and then to stop");
  tap_check(run_says(run, "status.json", "\"state\": \"stopped\", \"done\": 7, \"total\": 10"), "with what is done");
  unit(&work, 8);
  tap_check(!work.save, "it is taken away");
  ask_to_stop();
  unit(&work, 10);
  tap_check(!work.save, "work that is done is not stopped");
  sq_work_part(&work, "a part", 0, 10);
  unit(&work, 10);
  tap_check(work.save && sq_work_saved(&work) == SQ_ERR_STOPPED, "but a part that is");
  tap_check(sq_run_obey(run, "work", 10) == 0, "without a wish, work that has nothing to save goes on");
  ask_to_stop();
  tap_check(sq_run_obey(run, "work", 10) == SQ_ERR_STOPPED, "with one, it stops");
}

static void test_checkpoint(void)
{
  sq_work work;
  TAP_CALL(sq_work_begin(run, "work", 0, 10, &work));
  work.saved = sq_now() - 3600 * (tap.rank == tap.size - 1); /* one rank's clock is enough */
  unit(&work, 1);
  tap_check(work.save && sq_work_saved(&work) == 0, "after a while work is saved, and goes on");
  unit(&work, 2);
  tap_check(!work.save, "not again at once");
  sq_stop_install();
  if (tap.rank == tap.size - 1) raise(SIGUSR1);
  unit(&work, 3);
  tap_check(work.save && sq_work_saved(&work) == 0, "a signal on one rank asks all to save");
  unit(&work, 4);
  tap_check(!work.save, "once");
}

static void test_time_limit(void)
{
  sq_work work;
  TAP_CALL(sq_work_begin(run, "work", 0, 10, &work));
  run->deadline = sq_now() + 1000;
  work.longest = 450;
  unit(&work, 1);
  tap_check(!work.save, "there is time for two more units");
  work.longest = 550;
  unit(&work, 2);
  tap_check(work.save && sq_work_saved(&work) == SQ_ERR_STOPPED, "there is none: it stops before the limit");
  run->deadline = INFINITY;
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  run = run_of("lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.2, lambda: 0.02}\n");
  test_time();
  test_status();
  test_due();
  test_stop_file();
  test_checkpoint();
  test_time_limit();
  TAP_CALL(sq_run_destroy(&run));
  return tap_end();
}

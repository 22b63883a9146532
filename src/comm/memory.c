/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory is left for a rank: of the machine, of the batch system (cgroups), of the shell (ulimit). */
#include "squall/comm.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double limit_of(int resource)
{
  struct rlimit limit;
  return getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur;
}

/* Pages of this process: all that is mapped, and what is in memory. */
static void pages_in_use(double *mapped, double *resident)
{
  FILE *file = fopen("/proc/self/statm", "r");
  *mapped = *resident = 0;
  if (file && fscanf(file, "%lf %lf", mapped, resident) != 2) *mapped = *resident = 0;
  if (file) fclose(file);
}

static double number_in(const char *path)
{
  double number = INFINITY;
  FILE *file = fopen(path, "r");
  if (file && fscanf(file, "%lf", &number) != 1) number = INFINITY; /* "max" */
  if (file) fclose(file);
  return number;
}

/* Of the control group of this process and those above it (version 2; "0::/path"). */
static double limit_of_group(void)
{
  char line[1024] = "", path[1200];
  double least = INFINITY;
  FILE *file = fopen("/proc/self/cgroup", "r");
  while (file && fgets(line, sizeof line, file) && strncmp(line, "0::/", 4)) line[0] = '\0';
  if (file) fclose(file);
  if (!line[0]) return least;
  line[strcspn(line, "\n")] = '\0';
  for (char *end = strrchr(line, '/'); end; *end = '\0', end = strrchr(line, '/')) {
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
    least = fmin(least, number_in(path));
  }
  return least;
}

PetscErrorCode sq_memory_room(MPI_Comm comm, double *bytes)
{
  PetscFunctionBeginUser;
  MPI_Comm node;
  int ranks;
  double page = (double)sysconf(_SC_PAGESIZE), mapped, resident, machine = page * (double)sysconf(_SC_PHYS_PAGES);
  PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  PetscCallMPI(MPI_Comm_free(&node));
  pages_in_use(&mapped, &resident);
  if (!(machine > 0)) machine = INFINITY;
  *bytes = fmin(machine, limit_of_group()) / ranks - page * resident;
  *bytes = fmin(*bytes, limit_of(RLIMIT_AS) - page * mapped);
  *bytes = fmin(*bytes, limit_of(RLIMIT_DATA) - page * resident);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bytes, 1, MPI_DOUBLE, MPI_MIN, comm));
  PetscFunctionReturn(0);
}

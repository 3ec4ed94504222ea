/** Throughput, lag, disk, log, balance sheet. */
export function System() {
  return null
}

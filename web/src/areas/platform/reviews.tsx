/** The queue of submissions. */
export function Reviews() {
  return null
}

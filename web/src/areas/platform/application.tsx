/** One application, to be decided. */
export function ApplicationPage() {
  return null
}

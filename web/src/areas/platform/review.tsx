/** One submission, to be decided. */
export function ReviewPage() {
  return null
}

/** A new destination of one kind. */
export function NewDestination() {
  return null
}

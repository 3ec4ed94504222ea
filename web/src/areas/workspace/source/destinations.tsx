/** Destinations of this source. */
export function SourceDestinations() {
  return null
}

/** One event through the real destination, with request and response. */
export function DestinationTest() {
  return null
}

/** From accepted to delivered, and what did not get through. */
export function DestinationDelivery() {
  return null
}

import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { LinkButton } from '../../kit/button'
import { type Place, placeOf } from './fields'

const linkTo = (slug: string, { tab, field }: Place) => ({
  to: `/dev-portal/integrations/$slug/${tab}` as const,
  params: { slug },
  search: { field },
})

/** Leads to where something is mended. */
export function PlaceLink({ slug, place, children }: { slug: string; place: Place; children: ReactNode }) {
  return <Link {...linkTo(slug, place)}>{children}</Link>
}

/** The same as the page's one button. */
export function PlaceButton({
  slug,
  place,
  look,
  children,
}: {
  slug: string
  place: Place
  look?: 'primary'
  children: ReactNode
}) {
  return (
    <LinkButton {...linkTo(slug, place)} look={look}>
      {children}
    </LinkButton>
  )
}

/** The field in the address, when it is one of this page. */
export function useField(): string | undefined {
  return getRouteApi('/dev-portal/integrations/$slug').useSearch().field
}

/**
 * Puts the cursor into the field that the address names: the element with the longest `data-field` that the pointer
 * begins with. `ready` holds it back until the page has drawn its fields.
 */
export function useFocusedField(ready = true) {
  const field = useField()
  useEffect(() => {
    if (!field || !ready) return
    const all = [...document.querySelectorAll<HTMLElement>('[data-field]')]
    const within = all.filter(
      ({ dataset }) => field === dataset.field || field.startsWith(`${dataset.field}/`),
    )
    const found = within.toSorted((one, other) => other.dataset.field!.length - one.dataset.field!.length)[0]
    if (!found) return
    const control = found.matches('input, textarea, select, button')
      ? found
      : found.querySelector<HTMLElement>('input:not([type=file]), textarea, select, button')
    found.scrollIntoView({ block: 'center' })
    control?.focus({ preventScroll: true })
  }, [field, ready])
}

/** Leads to the field that a JSON pointer names. */
export function FieldLink({
  slug,
  pointer,
  children,
}: {
  slug: string
  pointer: string
  children: ReactNode
}) {
  return (
    <PlaceLink slug={slug} place={placeOf(pointer)}>
      {children}
    </PlaceLink>
  )
}

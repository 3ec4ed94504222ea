import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { CatalogPage } from '../catalog/catalog-page'

/** The catalog that anyone may read. */
export function Catalog() {
  const search = getRouteApi('/public/catalog').useSearch()
  const navigate = useNavigate()
  return (
    <CatalogPage
      search={search}
      here={(search) => ({ to: '/catalog', search })}
      onSearch={(search) => void navigate({ to: '/catalog', search, replace: true, resetScroll: false })}
      entry={(kind, slug) => ({
        to: '/catalog/$slug',
        params: { slug },
        search: kind === 'sources' ? {} : { kind },
      })}
    />
  )
}

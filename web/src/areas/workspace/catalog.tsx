import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Note } from '../../kit/page'
import { CatalogPage } from '../catalog/catalog-page'
import { allDestinationsQuery, allSourcesQuery } from '../catalog/entries'

/** The catalog as a workspace sees it: with what it has added already. */
export function WorkspaceCatalog() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { source, ...search } = getRouteApi('/w/$ws/catalog').useSearch()
  const navigate = useNavigate()
  const sources = useQuery(allSourcesQuery(ws)).data
  const destinations = useQuery(allDestinationsQuery(ws)).data
  const feeding = source ? sources?.find((one) => one.slug === source) : undefined
  return (
    <CatalogPage
      where={ws}
      search={search}
      here={(search) => ({ to: '/w/$ws/catalog', params: { ws }, search: { ...search, source } })}
      onSearch={(search) =>
        void navigate({
          to: '/w/$ws/catalog',
          params: { ws },
          search: { ...search, source },
          replace: true,
          resetScroll: false,
        })
      }
      entry={(kind, slug) =>
        kind === 'sources'
          ? { to: '/w/$ws/catalog/$slug', params: { ws, slug }, search: {} }
          : { to: '/w/$ws/catalog/$slug', params: { ws, slug }, search: { kind, source } }
      }
      added={(kind, id) =>
        (kind === 'sources' ? sources : destinations)?.filter((one) => one.metadata.id === id).length ?? 0
      }
      note={
        feeding && search.kind === 'destinations' ? (
          <Note>
            <span>
              Choose what <strong>{feeding.name}</strong> is to be delivered to.
            </span>
            <Link to="/w/$ws/sources/$source/destinations" params={{ ws, source: feeding.slug }}>
              Back to the source
            </Link>
          </Note>
        ) : null
      }
    />
  )
}

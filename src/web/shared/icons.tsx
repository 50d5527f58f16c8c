import type { Kind } from './describe';

const PATHS: Record<Kind, string> = {
  desktop: 'M3 4h18v12H3zM9 20h6M12 16v4',
  mobile: 'M7 2h10v20H7zM11 18h2',
  tablet: 'M4 3h16v18H4zM11 18h2',
  tv: 'M2 5h20v13H2zM8 21h8',
  bot: 'M4 5h16v14H4zM8 10l3 2-3 2M13 14h3',
  unknown: 'M5 5h14v14H5zM9 9h6v6H9zM9 2v3M15 2v3M9 19v3M15 19v3M2 9h3M2 15h3M19 9h3M19 15h3',
};

const Icon = ({ path }: { path: string }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={path} />
  </svg>
);

/** The picture of a kind of device. Words beside it say the same. */
export const DeviceIcon = ({ kind }: { kind: Kind }) => <Icon path={PATHS[kind]} />;

export const PencilIcon = () => <Icon path="M4 20l1-5L16 4l4 4L9 19zM14 6l4 4" />;

import { usePage } from '../shared/context';
import type { DevicesWords } from './words-en';

/** What the parts of this page need. */
export const useDevicesPage = () => usePage<DevicesWords>();

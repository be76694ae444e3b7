"""One build at a time in an output folder, on disks and in object stores."""
